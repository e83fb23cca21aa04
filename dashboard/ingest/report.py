"""What an import did: four numbers that add up, and every reject; memory stays bounded however many there are."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import orjson

from dashboard.errors import Exit
from dashboard.ingest.rejects import WHOLE_FILE, WHOLE_LINE, Reject, visible

SHOWN = 20  # rejects a file that the summary for people lists
_KEPT_IN_MEMORY_BYTES = 4 * 1024 * 1024


@dataclass(slots=True)
class Counts:
    """`read` is always the sum of the other three."""

    accepted: int = 0
    duplicates: int = 0
    rejected: int = 0

    @property
    def read(self) -> int:
        return self.accepted + self.duplicates + self.rejected


class Report:
    """Counts of all files together and of the one that is being read; rejects in the order of files and lines."""

    def __init__(self) -> None:
        self.total = Counts()
        self.files: list[tuple[str, Counts]] = []
        self._rejects = tempfile.SpooledTemporaryFile(max_size=_KEPT_IN_MEMORY_BYTES)  # noqa: SIM115 - closed with it

    def begin(self, name: str) -> None:
        """What follows belongs to this file."""
        self.files.append((name, Counts()))

    def count(self, accepted: int, duplicates: int) -> None:
        for counts in (self.total, self.files[-1][1]):
            counts.accepted += accepted
            counts.duplicates += duplicates

    def reject(self, reject: Reject) -> None:
        name, counts = self.files[-1]
        counts.rejected += 1
        self.total.rejected += 1
        row = {"file": _storable(name), "line": reject.line, "field": reject.field, "reason": reject.reason}
        self._rejects.write(orjson.dumps(row) + b"\n")

    @property
    def exit(self) -> Exit:
        """0 when nothing was rejected, 3 when something was, 2 when nothing else was there."""
        if not self.total.rejected:
            return Exit.DONE
        return Exit.PARTLY_DONE if self.total.accepted or self.total.duplicates else Exit.WRONG_USE

    def json(self) -> Iterator[str]:
        """The report as one JSON object, in pieces."""
        counts = self.total
        yield f'{{"read":{counts.read},"accepted":{counts.accepted},"duplicates":{counts.duplicates},'
        yield f'"rejected":{counts.rejected},"rejects":['
        for place, row in enumerate(self._rows()):
            yield ("," if place else "") + row.decode().rstrip("\n")
        yield "]}\n"

    def text(self) -> Iterator[str]:
        """The report for people: a line for each reject, at most SHOWN a file, a line for other files, and the sums."""
        rows = self._rows()
        for name, counts in self.files:
            for place in range(counts.rejected):
                row = next(rows)
                if place < SHOWN:
                    yield _line(orjson.loads(row))
            if counts.rejected > SHOWN:
                yield f"{visible(name)}: … and {counts.rejected - SHOWN:,} more; --json lists all\n"
            if len(self.files) > 1 or not counts.read:
                yield from _file_line(name, counts)
        total = self.total
        yield (
            f"{total.read:,} read: {total.accepted:,} accepted, {total.duplicates:,} duplicates, "
            f"{total.rejected:,} rejected\n"
        )

    def _rows(self) -> Iterator[bytes]:
        self._rejects.seek(0)
        yield from self._rejects

    def close(self) -> None:
        self._rejects.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _line(row: dict[str, str | int]) -> str:
    field = "" if row["field"] in (WHOLE_FILE, WHOLE_LINE) else f"{row['field'] or 'a key'}: "
    return f"{visible(str(row['file']))}:{row['line']}: {field}{row['reason']}\n"


def _file_line(name: str, counts: Counts) -> Iterator[str]:
    if not counts.read:
        yield f"{visible(name)}: holds no events\n"
    elif counts.accepted or counts.duplicates:
        yield f"{visible(name)}: {counts.accepted:,} accepted, {counts.duplicates:,} duplicates\n"


def _storable(name: str) -> str:
    return name.encode("utf-8", "backslashreplace").decode()
