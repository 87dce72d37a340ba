"""Channels: one sender a file, each told what to send and answering with a verdict."""

from pathlib import Path

from notify.base import Channel
from notify.console import ConsoleChannel
from notify.dingtalk import DINGTALK
from notify.email import EmailChannel
from notify.feishu import FEISHU
from notify.webhook import RobotChannel
from notify.wecom import WECOM


def channels(home: Path) -> dict[str, Channel]:
    """Return every channel by the name subscriptions use; a new channel is one more line."""
    facts = home / "channels.yml"
    return {
        "console": ConsoleChannel(home / "outbox.log"),
        "email": EmailChannel(facts),
        "wecom": RobotChannel(WECOM, facts),
        "dingtalk": RobotChannel(DINGTALK, facts),
        "feishu": RobotChannel(FEISHU, facts),
    }
