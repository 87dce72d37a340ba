"""Senders against strict local receivers: the provider's own code is the verdict (platform §7)."""

import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import yaml

import notify.email
from domain.errors import ChannelError
from notify import channels
from tests.receivers import SECRET, MailServer, Robots, mail_server, robots


@pytest.fixture(scope="module")
def receiver() -> Iterator[Robots]:
    with robots() as server:
        yield server


@pytest.fixture(scope="module")
def mail() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


ROBOTS = {"企微群": "wecom", "钉群": "dingtalk", "飞书群": "feishu"}


@pytest.fixture
def home(tmp_path: Path, receiver: Robots, mail: MailServer) -> Path:
    receiver.got.clear()
    receiver.answers.clear()
    mail.refuse, mail.delay = {}, 0.0
    mail.mails.clear()
    tails = {"wecom": "/wecom?key=k-1", "dingtalk": "/dingtalk?access_token=t-1",
             "feishu": "/feishu"}  # fmt: skip
    write(tmp_path, {
        "robots": {
            name: {"channel": make, "url": receiver.url(tails[make]), "secret": SECRET,
                   "allow_private": True}
            for name, make in ROBOTS.items()
        },
        "email": {"host": "127.0.0.1", "port": mail.port, "security": "plain",
                  "sender": "烽火 <fenghuo@yunlu.example>"},
    })  # fmt: skip
    return tmp_path


def write(home: Path, facts: dict[str, Any]) -> None:
    text = yaml.safe_dump(facts, allow_unicode=True)
    (home / "channels.yml").write_text(text, encoding="utf-8")


def send(home: Path, channel: str, address: str, body: str = "正文：云麓·望江府") -> str:
    return channels(home)[channel].send(
        address=address, subject_line="【烽火】疑似重大（一级）", body=body
    )


@pytest.mark.parametrize(("name", "make"), ROBOTS.items())
def test_a_right_message_is_accepted_with_the_providers_words(
    home: Path, receiver: Robots, name: str, make: str
) -> None:
    assert "已接收" in send(home, make, name)
    (got,) = receiver.got
    assert "云麓·望江府" in str(got["body"])
    assert SECRET not in str(got)


@pytest.mark.parametrize(("name", "make"), [("钉群", "dingtalk"), ("飞书群", "feishu")])
def test_a_wrong_secret_is_refused_for_good_and_says_what_to_do(
    home: Path, name: str, make: str
) -> None:
    facts = yaml.safe_load((home / "channels.yml").read_text(encoding="utf-8"))
    facts["robots"][name]["secret"] = "another"
    write(home, facts)
    with pytest.raises(ChannelError, match=r"错误码 (310000|19021).*请?核对") as refused:
        send(home, make, name)
    assert refused.value.permanent


@pytest.mark.parametrize(
    ("make", "name", "answer", "permanent"),
    [
        ("wecom", "企微群", {"errcode": 45009, "errmsg": "api freq out of limit"}, False),
        ("wecom", "企微群", {"errcode": 93000, "errmsg": "invalid webhook url"}, True),
        ("wecom", "企微群", {"errcode": 99999, "errmsg": "nobody knows"}, False),
        ("dingtalk", "钉群", {"errcode": 130101, "errmsg": "send too fast"}, False),
        ("dingtalk", "钉群", {"errcode": 310000, "errmsg": "keywords not in content"}, True),
        ("feishu", "飞书群", {"code": 9499, "msg": "too many request"}, False),
        ("feishu", "飞书群", {"code": 19024, "msg": "Key Words Not Found"}, True),
    ],
)
def test_200_with_a_code_is_a_refusal(
    home: Path, receiver: Robots, make: str, name: str, answer: dict[str, Any], permanent: bool
) -> None:
    receiver.say(200, answer)
    with pytest.raises(ChannelError, match=str(answer.get("errcode") or answer["code"])) as refused:
        send(home, make, name)
    assert refused.value.permanent is permanent


@pytest.mark.parametrize(
    ("status", "answer", "permanent"),
    [
        (200, b"<html>login</html>", False), (200, b"[]", False), (500, b"", False),
        (429, b"{}", False), (404, b"{}", True), (302, b"", False),
    ],
)  # fmt: skip
def test_an_answer_without_a_code_is_no_success(
    home: Path, receiver: Robots, status: int, answer: bytes, permanent: bool
) -> None:
    receiver.say(status, answer)
    with pytest.raises(ChannelError, match=f"没有给出答复码：HTTP {status}") as refused:
        send(home, "wecom", "企微群")
    assert refused.value.permanent is permanent


def test_the_old_answer_of_feishu_counts_too(home: Path, receiver: Robots) -> None:
    receiver.say(200, {"StatusCode": 0, "StatusMessage": "success"})
    assert "已接收" in send(home, "feishu", "飞书群")


def test_the_size_is_that_of_the_wire(home: Path) -> None:
    assert send(home, "wecom", "企微群", "字" * 1365)
    with pytest.raises(ChannelError, match="40058"):
        send(home, "wecom", "企微群", "字" * 1366)


def test_lone_surrogates_do_not_stop_a_message(home: Path) -> None:
    assert send(home, "wecom", "企微群", "坏字 \ud800")
    assert send(home, "email", "a@yunlu.example", "坏字 \ud800")


@pytest.mark.parametrize("address", ["没有的群", "钉群"])
def test_an_unknown_robot_is_named(home: Path, address: str) -> None:
    with pytest.raises(ChannelError, match=f"没有名为“{address}”的企业微信机器人") as refused:
        send(home, "wecom", address)
    assert refused.value.permanent


def test_a_private_address_is_refused_unless_allowed(home: Path, receiver: Robots) -> None:
    port = receiver.server_address[1]
    for host in ("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "127.1"):
        write(home, {"robots": {"群": {"channel": "wecom", "url": f"https://{host}:{port}/wecom"}}})
        with pytest.raises(ChannelError, match="内网或本机") as refused:
            send(home, "wecom", "群")
        assert refused.value.permanent
    assert receiver.got == []


def test_a_closed_door_is_tried_again_and_the_key_stays_secret(home: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/wecom?key=top-secret"
    write(home, {"robots": {"群": {"channel": "wecom", "url": url, "allow_private": True}}})
    with pytest.raises(ChannelError, match="连不上 127") as refused:
        send(home, "wecom", "群")
    assert not refused.value.permanent
    assert "top-secret" not in str(refused.value)


def test_a_broken_file_is_worth_a_retry_and_named(home: Path) -> None:
    (home / "channels.yml").write_text("robots: [", encoding="utf-8")
    for channel, address in (("wecom", "群"), ("email", "a@b.example")):
        with pytest.raises(ChannelError, match=r"channels\.yml 第 1 行") as refused:
            send(home, channel, address)
        assert not refused.value.permanent


# ---- mail -------------------------------------------------------------------------------------


def parsed(raw: bytes) -> EmailMessage:
    message = message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_mail_reads_alone_in_text_and_in_html(home: Path, mail: MailServer) -> None:
    body = (
        "对象：云麓·望江府\n· “<b>漏</b>”\n打开详情：https://fenghuo.yunlu.example/alert?id=W-1&x=2"
    )
    assert "已接收" in send(home, "email", "wangmin@yunlu.example", body)
    message = parsed(mail.mails[0])
    assert message["Subject"] == "【烽火】疑似重大（一级）"
    assert message["To"] == "wangmin@yunlu.example"
    assert message["From"].addresses[0].display_name == "烽火"
    assert message["List-Id"].endswith("<fenghuo.yunlu.example>")
    assert message["Auto-Submitted"] == "auto-generated"
    plain, html = (message.get_body((kind,)) for kind in ("plain", "html"))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n").strip() == body
    shown = html.get_content()
    assert "&lt;b&gt;漏&lt;/b&gt;" in shown
    assert '<a href="https://fenghuo.yunlu.example/alert?id=W-1&amp;x=2">' in shown


def test_the_same_row_again_is_the_same_mail(home: Path, mail: MailServer) -> None:
    for body in ("甲", "甲", "乙"):
        send(home, "email", "a@yunlu.example", body)
    first, again, other = (parsed(raw)["Message-ID"] for raw in mail.mails)
    assert first == again != other
    assert str(first).endswith("@yunlu.example>")


@pytest.mark.parametrize(
    ("verb", "line", "permanent"),
    [
        ("RCPT", "550 5.1.1 no such user", True),
        ("RCPT", "450 4.2.1 greylisted", False),
        ("MAIL", "553 sender refused", True),
        ("MAIL", "451 later", False),
        ("END", "554 spam", True),
        ("END", "452 disk full", False),
        ("EHLO", "421 too busy", False),
    ],
)
def test_the_mail_servers_code_is_the_verdict(
    home: Path, mail: MailServer, verb: str, line: str, permanent: bool
) -> None:
    mail.refuse = {verb: line} | ({"HELO": line} if verb == "EHLO" else {})
    with pytest.raises(ChannelError, match=f"拒收：{line[:3]}") as refused:
        send(home, "email", "a@yunlu.example")
    assert refused.value.permanent is permanent


def test_a_slow_mail_server_is_tried_again(
    home: Path, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notify.email, "TIMEOUT", 0.1)
    mail.delay = 0.5
    with pytest.raises(ChannelError, match="连不上邮件服务器") as refused:
        send(home, "email", "a@yunlu.example")
    assert not refused.value.permanent


@pytest.mark.parametrize(
    "address", ["", "nobody", "a@b@c", "a@b.example\nBcc: x@y.example", "a b@c"]
)
def test_no_mail_goes_to_what_is_no_address(home: Path, mail: MailServer, address: str) -> None:
    with pytest.raises(ChannelError, match="邮箱地址") as refused:
        send(home, "email", address)
    assert refused.value.permanent
    assert mail.mails == []


def test_without_a_mail_section_the_file_and_section_are_named(tmp_path: Path) -> None:
    with pytest.raises(ChannelError, match=r"channels\.yml 里没有 email 一节") as refused:
        send(tmp_path, "email", "a@yunlu.example")
    assert refused.value.permanent
