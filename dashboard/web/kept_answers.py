"""The answers that all sessions share: each is asked for once, and the few hundred that were wanted last are held."""

import threading
from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, TypeVar

from dashboard.archive import patience

T = TypeVar("T")

_NONE_YET = object()
_LOOK_S = 0.05  # so often who waits for another's work looks whether they are still waited for themselves


class KeptAnswers:
    """At most so many answers about one log. Whoever asks for one that is being worked out waits for it."""

    def __init__(self, most: int) -> None:
        self._lock = threading.Lock()
        self._log: tuple[str, int] | None = None
        self._at = lru_cache(most)(lambda _: _Answer())

    def get(self, log_id: str, erasures: int, key: Hashable, ask: Callable[[], T]) -> T:
        """The answer of that key, which nobody changes. None is kept from before an erasure: it may hold what is gone.

        What `ask` raises is raised, and asked for again by the next.
        """
        with self._lock:
            answer = _Answer() if self._is_over(log_id, erasures) else self._at(key)
        found: T = answer.get(ask)
        return found

    def clear(self) -> None:
        """Lets go of all."""
        with self._lock:
            self._log = None
            self._at.cache_clear()

    def _is_over(self, log_id: str, erasures: int) -> bool:
        """Whether somebody asks as of before the last erasure. The first who asks after one lets go of all others."""
        if self._log is not None and self._log[0] == log_id and self._log[1] > erasures:
            return True
        if self._log != (log_id, erasures):
            self._log = (log_id, erasures)
            self._at.cache_clear()
        return False


class _Answer:
    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._found: Any = _NONE_YET

    def get(self, ask: Callable[[], Any]) -> Any:
        while not self._lock.acquire(timeout=_LOOK_S):
            patience.look_up()
        try:
            if self._found is _NONE_YET:
                self._found = ask()
            return self._found
        finally:
            self._lock.release()
