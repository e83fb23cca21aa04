"""The files of one version of a table, as its log tells of them: nothing of them is read."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import polars as pl
from deltalake import DeltaTable

_BOUNDS = ("min.seq", "max.seq", "min.occurred_at", "max.occurred_at")
_ENDLESS = 2**63 - 1
_REWRITTEN_AT_ONCE = 1_000_000  # rows in one commit


@dataclass(frozen=True, slots=True)
class Listed:
    """A file of one version, as the table's log tells of it."""

    name: str
    uri: str
    size_bytes: int
    rows: int
    first_seq: int
    last_seq: int
    oldest: datetime | None  # None in a table that knows no times
    newest: datetime | None


def of(table: DeltaTable) -> tuple[Listed, ...]:
    """The files of the opened version. Milliseconds for some hundreds."""
    uris = table.file_uris()
    if not uris:
        return ()
    known = pl.DataFrame(table.get_add_actions(flatten=True))
    bounds = [known[name] if name in known.columns else [None] * len(uris) for name in _BOUNDS]
    told = zip(uris, known["path"], known["size_bytes"], known["num_records"], *bounds, strict=True)
    return tuple(
        Listed(name, uri, size, rows, 0 if first is None else first, _ENDLESS if last is None else last, oldest, newest)
        for uri, name, size, rows, first, last, oldest, newest in told
    )


def bites(wanted: Sequence[Listed]) -> Iterator[list[Listed]]:
    """The files in groups of about a million rows: what one commit rewrites."""
    bite: list[Listed] = []
    for file in wanted:
        if bite and sum(held.rows for held in bite) + file.rows > _REWRITTEN_AT_ONCE:
            yield bite
            bite = []
        bite.append(file)
    if bite:
        yield bite
