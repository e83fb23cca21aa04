"""The closed vocabularies, and what an action's name says about its outcome."""

from enum import StrEnum


class ActorType(StrEnum):
    """Who acted. `system` is the service itself; `anonymous` is a person we can't name (a failed login)."""

    USER = "user"
    ADMIN = "admin"
    TOKEN = "token"  # noqa: S105 - a kind of actor, not a secret
    SYSTEM = "system"
    ANONYMOUS = "anonymous"


class Outcome(StrEnum):
    """How the action ended, as far as the source says."""

    SUCCESS = "success"
    FAILURE = "failure"
    UNKNOWN = "unknown"


class Clock(StrEnum):
    """How a claimed time contradicts the time of recording; most events contradict nothing and have no mark."""

    AHEAD = "ahead"  # claimed more than 5 minutes after it was recorded
    BEHIND = "behind"  # claimed more than an hour before it was recorded, outside an import


FAILED_LOGIN = ("Auth", "Login Failed")

_FAILURE_WORDS = frozenset({"failed", "denied", "rejected", "blocked", "refused"})
_SUCCESS_WORDS = frozenset(
    {
        "added", "approved", "assigned", "attached", "cancelled", "changed", "cloned", "completed", "connected",
        "created", "deleted", "detached", "disabled", "disconnected", "downloaded", "edited", "enabled",
        "exported", "granted", "invited", "paused", "removed", "renamed", "reset", "restored", "resumed",
        "revoked", "rotated", "succeeded", "unlocked", "updated", "uploaded", "verified",
    }
)  # fmt: skip
_SUCCESS_ACTIONS = frozenset({"logged in", "logged out", "triggered by timer", "triggered manually"})


def outcome_of(action: str) -> Outcome:
    """Says how an action ended when its source does not: by whole words of its name, never by a part of one.

    A word of failure wins over a word of success (`Restore Completed`, but `Update Failed`). Started and
    queued actions have not ended, so they are `unknown`, and so is every name that holds none of the words.
    """
    name = action.casefold()
    words = set(name.replace("-", " ").replace("_", " ").replace(".", " ").split())
    if words & _FAILURE_WORDS:
        return Outcome.FAILURE
    if name in _SUCCESS_ACTIONS or words & _SUCCESS_WORDS:
        return Outcome.SUCCESS
    return Outcome.UNKNOWN
