"""DingTalk group robot (钉钉群机器人): signed in the query, milliseconds, 20 messages a minute."""

import base64
import hashlib
import hmac
from typing import Any

from config.channels import Robot
from notify.webhook import Provider


def form(
    robot: Robot, subject_line: str, body: str, now: float
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the message with its signature; the client encodes the base64 once."""
    message = {"msgtype": "markdown", "markdown": {"title": subject_line, "text": body}}
    if not robot.secret:
        return {}, message
    stamp = str(round(now * 1000))
    return {"timestamp": stamp, "sign": sign(stamp, robot.secret)}, message


def sign(stamp: str, secret: str) -> str:
    r"""Return HMAC-SHA256 of "stamp\nsecret" under the secret, as base64."""
    said = f"{stamp}\n{secret}".encode()
    return base64.b64encode(hmac.digest(secret.encode(), said, hashlib.sha256)).decode()


DINGTALK = Provider(
    channel="dingtalk",
    name="钉钉",
    form=form,
    code_keys=("errcode",),
    words_keys=("errmsg",),
    temporary=frozenset({-1, 130101, 130102, 410100}),
    cures={
        310000: "安全设置未通过：请核对加签密钥、关键词与 IP 名单",
        300001: "access_token 不对：请在群里重新复制 Webhook 地址",
        300005: "access_token 不对：请在群里重新复制 Webhook 地址",
        400013: "群已解散：请换机器人",
        400101: "access_token 不存在：请在群里重新复制 Webhook 地址",
        400102: "机器人已停用：请在群里启用",
        460101: "消息超过 20000 字节：请报告",
    },
)
