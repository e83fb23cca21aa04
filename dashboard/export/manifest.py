"""What a file holds, said beside it: its name and its manifest, both naming the state of the log it was made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from dashboard.export.formats import KINDS, Format
from dashboard.export.origin import Origin

VERSION = 1


def file_name(as_of: int, exported_at: datetime, kind: Format) -> str:
    """A name that sorts by time, says the state and is safe anywhere: `audit-log_2026-11-23T081157Z_asof-60123.csv`."""
    return f"audit-log_{exported_at.astimezone(UTC):%Y-%m-%dT%H%M%SZ}_asof-{as_of}.{kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What was asked of which state of which log, and what came out."""

    file: str
    kind: Format
    origin: Origin
    columns: Sequence[str]
    rows: int
    size_bytes: int
    sha256: str  # of the file, lower-case hexadecimal
    notes: Sequence[str] = ()  # what the format could not hold

    def to_json(self) -> bytes:
        """One JSON object; `filter.params` are the pairs of a link, a relative time turned into the times it meant."""
        words = self.origin.words()
        content = {
            "manifest": VERSION,
            "file": self.file,
            "format": self.kind.value,
            "media_type": KINDS[self.kind].media_type,
            **words,
            "as_of": self.origin.as_of,
            "filter": {"sentence": words["filter"], "params": self.origin.params()},
            "columns": list(self.columns),
            "rows": self.rows,
            "notes": list(self.notes),
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
        }
        return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
