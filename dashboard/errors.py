"""What can go wrong, in the user's words: a message that says what happened and a hint that says what to do."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes of the `auditlens` command; scripts depend on them."""

    DONE = 0
    WRONG_USE = 2
    PARTLY_DONE = 3
    DAMAGED = 4
    UNREACHABLE = 5


class AuditlensError(Exception):
    """The one base of every error a user may see; foreign errors are wrapped in it at their edge, with `from`."""

    exit = Exit.WRONG_USE

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class UsageError(AuditlensError):
    """A wrong option, an unknown name, a file that holds nothing usable."""


class DamagedError(AuditlensError):
    """The record, the archive or the ledger contradict each other: nothing goes on until a person looked."""

    exit = Exit.DAMAGED


class UnreachableError(AuditlensError):
    """The database, a file or a service does not answer."""

    exit = Exit.UNREACHABLE


class InvalidEvent(AuditlensError):
    """One event can't be taken: `field` names the culprit, `message` the reason. Other events are not touched by it."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}"
