"""Console channel: prints to the terminal and appends to a file that survives it."""

import sys
from contextlib import suppress
from pathlib import Path

from domain.errors import ChannelError

_RULE = "─" * 40


class ConsoleChannel:
    """The channel that needs nobody's account: terminal plus `outbox.log` in the home."""

    def __init__(self, log: Path) -> None:
        self._log = log

    def send(self, *, address: str, subject_line: str, body: str) -> str:
        """Write the message; raises ChannelError if the file cannot be written."""
        text = f"{_RULE}\n{subject_line}\n\n{body}\n{_RULE}\n"
        try:
            with self._log.open("a", encoding="utf-8", errors="replace") as log:
                log.write(text)
        except OSError as error:
            raise ChannelError(f"无法写入 {self._log.name}：{error.strerror}") from error
        with suppress(
            OSError, ValueError
        ):  # the file is the channel; a closed terminal is no failure
            sys.stderr.write(text)
            sys.stderr.flush()
        return f"已显示并写入 {self._log.name}"
