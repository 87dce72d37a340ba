"""Feishu group robot (飞书群机器人): a card, signed in the body, seconds, 100 messages a minute."""

import base64
import hashlib
import hmac
from typing import Any

from config.channels import Robot
from notify.webhook import Provider


def form(
    robot: Robot, subject_line: str, body: str, now: float
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the card with its signature."""
    card = {
        "header": {"title": {"tag": "plain_text", "content": subject_line}, "template": "red"},
        "elements": [{"tag": "markdown", "content": body}],
    }
    message: dict[str, Any] = {"msg_type": "interactive", "card": card}
    if robot.secret:
        stamp = str(int(now))
        message |= {"timestamp": stamp, "sign": sign(stamp, robot.secret)}
    return {}, message


def sign(stamp: str, secret: str) -> str:
    r"""Return HMAC-SHA256 of nothing under "stamp\nsecret", as base64: that is their way."""
    key = f"{stamp}\n{secret}".encode()
    return base64.b64encode(hmac.digest(key, b"", hashlib.sha256)).decode()


FEISHU = Provider(
    channel="feishu",
    name="飞书",
    form=form,
    code_keys=("code", "StatusCode"),
    words_keys=("msg", "StatusMessage"),
    temporary=frozenset({9499, 11232, 11233}),
    cures={
        19001: "机器人地址失效：请在群里重新复制 Webhook 地址",
        19002: "消息格式不对：请报告",
        19021: "签名校验未通过：请核对 secret，并核对本机时间（误差不得超过 1 小时）",
        19022: "本机 IP 不在机器人的名单内：请修改机器人安全设置",
        19024: "未含机器人要求的关键词：请修改机器人安全设置",
    },
)
