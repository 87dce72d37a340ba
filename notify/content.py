"""What a push says, as values: masked, in Chinese, one for all channels (W-08, AD-10)."""

from dataclasses import dataclass

#: How levels are called unless the active pack has words of its own.
LEVEL_WORDS = {"critical": "重大", "major": "较大", "moderate": "一般", "minor": "轻微"}
#: Why people are told; a repeat carries its count in front.
REASON_WORDS = {
    "opened": "新预警",
    "raised": "级别上升",
    "overdue": "研判超时",
    "repeat": "再次提醒",
    "clock": "时限已到",
    "interrupted": "数据中断",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Verbatim words of a post, personal numbers starred out."""

    words: str
    site: str
    at: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody of the company to phone; staff numbers are printed in clear."""

    role: str
    name: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PushContent:
    """Everything one needs to act on a message without opening anything else."""

    reason: str  # a key of REASON_WORDS
    company: str
    subject: str
    #: City, region and legal entity, as far as known.
    where: str
    #: "重大（一级）": name and number by the active pack; empty when no level applies.
    level: str
    #: Warning, case, complaint or enquiry number; version 0 = the object has none.
    number: str
    version: int
    at: str
    why: str
    next_step: str
    #: What ran out, or how often was reminded; empty for new alerts.
    notice: str = ""
    catch_up: bool = False
    since: str = ""
    #: "至少 9 个账号 …": how many voices and households, how certain.
    voices: str = ""
    #: Forecast in words (AD-8), empty when none was computed.
    forecast: str = ""
    quotes: tuple[Quote, ...] = ()
    #: "李明（项目总经理，邮件、企业微信）": who was told, on which channels.
    told: tuple[str, ...] = ()
    contacts: tuple[Contact, ...] = ()
    unknown: tuple[str, ...] = ()
    ack_link: str = ""
    page_link: str = ""

    @property
    def label(self) -> str:
        """Number with version, as people quote it."""
        return f"{self.number}-v{self.version}" if self.version else self.number

    @property
    def heading(self) -> str:
        """Why people are told, in words: 新预警, 第 2 次提醒, 研判超时."""
        word = self.notice or REASON_WORDS[self.reason]
        return f"【补发】{word}" if self.catch_up else word


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One list of a brief: its heading with the true count, and as many lines as fit."""

    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefContent:
    """The 08:30 brief (每日简报) of one recipient."""

    company: str
    day: str
    at: str
    since: str
    summary: str
    sections: tuple[Section, ...]
    catch_up: bool = False
    page_link: str = ""
