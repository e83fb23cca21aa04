"""What was found out about the archive's files, out of their columns: kept longer than these, for it is small."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

import polars as pl

from dashboard.archive.snapshot import Piece

Found = TypeVar("Found", pl.Series, pl.DataFrame)
Key = tuple[str, str]  # a file and what is known of it: a column's or another name


class FoundOut(Generic[Found]):
    """One thing about each file under each name; in the order in which they were asked for last. Whoever asks holds a
    lock where several threads do.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[Key, Found] = OrderedDict()
        self.size_bytes = 0

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, key: Key) -> bool:
        return key in self._known

    def of(self, pieces: Sequence[Piece], name: str) -> list[Found | None]:
        """What is known of each piece."""
        keys = [(piece.part.uri, name) for piece in pieces]
        for key in keys:
            if key in self._known:
                self._known.move_to_end(key)
        return [self._known.get(key) for key in keys]

    def keep(self, key: Key, one: Found) -> None:
        """Takes it for the one that was asked for last."""
        if key in self._known:
            self._drop(key)
        self._known[key] = one
        self.size_bytes += int(one.estimated_size())

    def drop_oldest(self) -> None:
        """Lets go of what was asked for longest ago."""
        self._drop(next(iter(self._known)))

    def drop(self, goes: Callable[[Key], bool]) -> None:
        """Lets go of what is known under these keys."""
        for key in [key for key in self._known if goes(key)]:
            self._drop(key)

    def _drop(self, key: Key) -> None:
        self.size_bytes -= int(self._known.pop(key).estimated_size())
