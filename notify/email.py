"""E-mail channel: SMTP with a plain part that is enough by itself and a simple HTML part."""

import hashlib
import html
import re
import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from pathlib import Path

from config.channels import Mail, read_channels
from config.clock import SystemClock
from domain.clock import SHANGHAI, Clock
from domain.errors import ChannelError, FactsError

#: Seconds a server may take to answer one command; a mail takes about ten commands, and all
#: together must stay below store.outbox.CLAIM_EXPIRES.
TIMEOUT = 20.0
_LINK = re.compile(r"https?://[^\s<>\"'，。；）]+")


class EmailChannel:
    """Sends one mail to one address; the server's own code is the verdict."""

    def __init__(self, facts: Path, clock: Clock | None = None) -> None:
        self._facts = facts
        self._clock = clock or SystemClock()

    def send(self, *, address: str, subject_line: str, body: str) -> str:
        """Hand the mail to the server; raises ChannelError, permanent for 5xx answers."""
        mail = self._mail()
        if not re.fullmatch(r"[^\s@<>,;]+@[^\s@<>,;]+", address):
            raise ChannelError(f"邮箱地址“{address}”不对：请在收件人表改正", permanent=True)
        message = self._message(mail, address, subject_line, body)
        try:
            with _session(mail) as server:
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, words = next(iter(error.recipients.values()))
            raise _refused(code, words) from error
        except smtplib.SMTPResponseException as error:
            raise _refused(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise ChannelError(f"邮件服务器不支持所需功能：{error}", permanent=True) from error
        except (smtplib.SMTPException, OSError, UnicodeError) as error:
            raise ChannelError(f"连不上邮件服务器 {mail.host}（{type(error).__name__}）") from error
        return f"邮件服务器 {mail.host} 已接收"

    def _mail(self) -> Mail:
        try:
            mail = read_channels(self._facts).mail
        except FactsError as error:
            raise ChannelError(str(error)) from error
        if mail is None:
            raise ChannelError(f"{self._facts.name} 里没有 email 一节：请写明 SMTP 服务器",
                               permanent=True)  # fmt: skip
        return mail

    def _message(self, mail: Mail, address: str, subject_line: str, body: str) -> EmailMessage:
        host = parseaddr(mail.sender)[1].rpartition("@")[2]
        message = EmailMessage()
        message["From"] = mail.sender
        message["To"] = address
        message["Subject"] = " ".join(subject_line.split())
        message["Date"] = format_datetime(self._clock.now().astimezone(SHANGHAI))
        # The same row tried again is the same mail to the reader's program.
        digest = hashlib.sha256(f"{address}\0{subject_line}\0{body}".encode(errors="replace"))
        message["Message-ID"] = f"<{digest.hexdigest()[:32]}@{host}>"
        message["List-Id"] = f"Fenghuo <fenghuo.{host}>"
        message["Auto-Submitted"] = "auto-generated"
        clean = body.encode("utf-8", errors="replace").decode()
        message.set_content(clean)
        message.add_alternative(html_part(clean), subtype="html")
        return message


def html_part(body: str) -> str:
    """Return the text as simple HTML: nothing of it is markup, web addresses can be clicked."""
    pieces, end = [], 0
    for found in _LINK.finditer(body):
        url = html.escape(found[0], quote=True)
        pieces += [html.escape(body[end : found.start()]), f'<a href="{url}">{url}</a>']
        end = found.end()
    text = "".join([*pieces, html.escape(body[end:])]).replace("\n", "<br>\n")
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8">'
        '<body style="font:16px/1.6 sans-serif;max-width:40em;overflow-wrap:anywhere">'
        f"{text}</body></html>\n"
    )


@contextmanager
def _session(mail: Mail) -> Iterator[smtplib.SMTP]:
    context = ssl.create_default_context()
    if mail.security == "ssl":
        server: smtplib.SMTP = smtplib.SMTP_SSL(
            mail.host, mail.port, timeout=TIMEOUT, context=context
        )
    else:
        server = smtplib.SMTP(mail.host, mail.port, timeout=TIMEOUT)
    with server:
        if mail.security == "starttls":
            server.starttls(context=context)
        if mail.user:
            server.login(mail.user, mail.password)
        yield server


def _refused(code: int, words: bytes | str) -> ChannelError:
    said = words.decode("utf-8", errors="replace") if isinstance(words, bytes) else words
    return ChannelError(
        f"邮件服务器拒收：{code} {' '.join(said.split())[:200]}", permanent=500 <= code < 600
    )
