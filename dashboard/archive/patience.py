"""Whether an answer is still waited for: work that takes long looks up now and then, between some files and the next.

    with patience.looking(context.yield_check):
        views.count(engine, wanted)

ends with what the look raises once a newer click has come; what was found out until then is kept.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

Look = Callable[[], None]


class NotWaitedForError(Exception):
    """Nobody waits for the answer any longer."""


def _wait_on() -> None:
    """Who does not say otherwise waits."""


_look: ContextVar[Look] = ContextVar("look", default=_wait_on)


@contextmanager
def looking(look: Look) -> Iterator[None]:
    """What is worked out in the block, by this thread, ends with what `look` raises."""
    token = _look.set(look)
    try:
        yield
    finally:
        _look.reset(token)


def look_up() -> None:
    """Raises what whoever waits says when they no longer do."""
    _look.get()()
