"""WeCom group robot (企业微信群机器人): markdown up to 4,096 bytes, the key in the address."""

from typing import Any

from config.channels import Robot
from notify.webhook import Provider


def form(
    _robot: Robot, _subject_line: str, body: str, _now: float
) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the message; its first line says what the subject line would."""
    return {}, {"msgtype": "markdown", "markdown": {"content": body}}


WECOM = Provider(
    channel="wecom",
    name="企业微信",
    form=form,
    code_keys=("errcode",),
    words_keys=("errmsg",),
    temporary=frozenset({-1, 45009, 45033, 50001, 50002}),
    cures={
        93000: "机器人地址失效：请在群里重新复制 Webhook 地址",
        40001: "key 不对：请在群里重新复制 Webhook 地址",
        40058: "消息不合规格或超过 4096 字节：请报告",
        45002: "消息超长：请报告",
    },
)
