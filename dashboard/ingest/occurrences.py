"""Numbers the identical events of one file, so that each is stored once and a second import adds none of them."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Self

from dashboard.events.event import AuditEvent

_CACHE_KIB = 32 * 1024


class Occurrences:
    """Remembers a 64-bit hash and a count of each event without a native_id, in a temporary file once there are many.

    Identical means equal in every field that the producer gives. Two different events share a hash with a probability
    of about n²/2^65; then one of them would count as the second of its kind, and still be stored.
    """

    def __init__(self) -> None:
        self._seen = sqlite3.connect("", isolation_level=None)  # SQLite's own temporary file, gone when closed
        self._batch = 0
        self._seen.execute("pragma journal_mode = off")
        self._seen.execute("pragma synchronous = off")
        self._seen.execute(f"pragma cache_size = -{_CACHE_KIB}")
        self._seen.execute("create table seen (event integer primary key, times integer, batch integer)")

    def numbered(self, events: Sequence[AuditEvent]) -> list[AuditEvent]:
        """The same events; the k-th of identical ones has `occurrence` k, counted over all calls."""
        keys = [hash(event) if event.native_id is None else None for event in events]
        here = Counter(key for key in keys if key is not None)
        before = self._before(here)
        if not before and len(here) == sum(here.values()):
            return list(events)
        counts = Counter(before)
        numbered = []
        for key, event in zip(keys, events, strict=True):
            if key is not None:
                counts[key] += 1
                if counts[key] > 1:
                    numbered.append(replace(event, occurrence=counts[key]))
                    continue
            numbered.append(event)
        return numbered

    def _before(self, here: Counter[int]) -> dict[int, int]:
        """How often the events of this batch came in earlier ones; counts this batch too."""
        self._batch += 1
        rows = [(key, times, self._batch) for key, times in sorted(here.items())]
        self._seen.execute("begin")
        changes = self._seen.total_changes
        self._seen.executemany("insert or ignore into seen values (?, ?, ?)", rows)
        before = self._known(rows) if self._seen.total_changes - changes < len(rows) else {}
        self._seen.execute("commit")
        return before

    def _known(self, rows: list[tuple[int, int, int]]) -> dict[int, int]:
        before = {}
        for key, times, batch in rows:
            known, since = self._seen.execute("select times, batch from seen where event = ?", (key,)).fetchone()
            if since != batch:
                before[key] = known
                self._seen.execute("update seen set times = times + ? where event = ?", (times, key))
        return before

    def close(self) -> None:
        self._seen.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
