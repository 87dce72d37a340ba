"""Access (权限): who may do what for which legal entity; the store asks here first (A4)."""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """A role of this installation; one person may hold several (design §1, A12 privacy 6)."""

    VIEWER = "viewer"
    MONITOR = "monitor"
    CRISIS = "crisis"
    MEDIA = "media"
    ADMIN = "admin"


class Act(StrEnum):
    """What can be allowed or refused."""

    #: See overview, alerts, posts, cases and health.
    VIEW = "view"
    #: Read the inbox and label posts there.
    READ_INBOX = "read_inbox"
    #: Say that a push arrived and somebody looks at it (B-AK1).
    ACKNOWLEDGE = "acknowledge"
    #: Confirm, dismiss or merge an alert; register it as a case.
    TRIAGE = "triage"
    #: Set the level of a case and move it on (N-12: a named person decides).
    GRADE = "grade"
    #: Fill in and print the forms of a case.
    FILL_FORMS = "fill_forms"
    #: Bring in pasted chats, orders, complaints, files.
    INTAKE = "intake"
    #: Report from the site (AD-11).
    REPORT_ONSITE = "report_onsite"
    #: See phone and room numbers in clear; every look is audited.
    REVEAL = "reveal"
    #: Register media enquiries and own releases (AD-1).
    MEDIA = "media"
    #: Edit the weekly report.
    EDIT_REPORT = "edit_report"
    #: Subjects, recipients, sources, packs, company facts.
    CONFIGURE = "configure"
    #: Accounts and roles.
    MANAGE_ACCOUNTS = "manage_accounts"


_SEE = frozenset({Act.VIEW})
_WATCH = _SEE | {
    Act.READ_INBOX, Act.ACKNOWLEDGE, Act.TRIAGE, Act.FILL_FORMS, Act.INTAKE, Act.REPORT_ONSITE,
}  # fmt: skip

#: Role → what it allows. The four working roles all see; only 管理员 manages accounts.
ALLOWED: dict[Role, frozenset[Act]] = {
    Role.VIEWER: _SEE,
    Role.MONITOR: _WATCH,
    Role.CRISIS: _WATCH | {Act.GRADE, Act.REVEAL},
    Role.MEDIA: _SEE | {Act.MEDIA, Act.EDIT_REPORT, Act.ACKNOWLEDGE},
    Role.ADMIN: _SEE | {Act.CONFIGURE, Act.MANAGE_ACCOUNTS},
}

ROLE_NAMES: dict[Role, str] = {
    Role.VIEWER: "查看",
    Role.MONITOR: "监测",
    Role.CRISIS: "危机小组",
    Role.MEDIA: "媒介",
    Role.ADMIN: "管理员",
}

#: Ways that need no account: who runs them holds the machine or is the program itself.
_TRUSTED = frozenset({"rule", "cli", "import", "demo"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts or looks, by which way (web, link, cli, rule, import, demo), and what it may."""

    name: str
    via: str
    roles: frozenset[Role] = frozenset()
    #: Legal entities this person may see and act for; None = the whole company.
    entities: frozenset[str] | None = frozenset()

    @property
    def trusted(self) -> bool:
        """Whether this is no web user: the command line's OS user, a rule, an import."""
        return self.via in _TRUSTED

    def may(self, act: Act) -> bool:
        """Whether one of the roles allows `act`."""
        return self.trusted or any(act in ALLOWED[role] for role in self.roles)

    def sees(self, entity: str | None) -> bool:
        """Whether a subject of this legal entity is this person's business.

        What belongs to no entity (未归属, sources) is seen by people of the whole company only.
        """
        return self.trusted or self.entities is None or entity in self.entities


def who_may(act: Act) -> str:
    """Return the roles that allow `act`, in Chinese, for messages."""
    return "或".join(ROLE_NAMES[role] for role in Role if act in ALLOWED[role])
