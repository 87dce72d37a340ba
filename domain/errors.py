"""Every error class of the product; messages are Chinese sentences an operator can act on."""


class FenghuoError(Exception):
    """Base of all expected failures; the command line prints its text and exits 1."""


class FactsError(FenghuoError):
    """A fact file (YAML, settings, pack) is wrong: names file, key, what, what to do."""


class ParseError(FenghuoError):
    """A page, file or line cannot be read: names file or line, what is wrong, what to do."""


class BlockedError(FenghuoError):
    """The site asks for a login, a captcha or more patience; we stop and report, never bypass."""


class CaseError(FenghuoError):
    """An action on an alert or case is not allowed in its present state; says what is missing."""


class AccessError(FenghuoError):
    """A person's role or legal entity does not allow this; says which role would."""


class ConflictError(FenghuoError):
    """Somebody else changed the object meanwhile (audit sequence taken, B-AU1); reload, retry."""


class StoreError(FenghuoError):
    """The database is missing, too old, too new or not writable; says which command helps."""


class ChannelError(FenghuoError):
    """A channel refused a message; `permanent` says that a retry cannot help (B-NL2)."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
