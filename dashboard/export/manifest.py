"""What a file holds, said beside it: its name and its manifest, both naming the state of the log it was made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import orjson

from dashboard.events.filter import EventFilter
from dashboard.events.times import format_time
from dashboard.export.formats import KINDS, Format
from dashboard.query.sort import Sort

VERSION = 1


def file_name(as_of: int, exported_at: datetime, kind: Format) -> str:
    """A name that sorts by time, says the state and is safe anywhere: `audit-log_2026-11-23T081157Z_asof-60123.csv`."""
    return f"audit-log_{exported_at.astimezone(UTC):%Y-%m-%dT%H%M%SZ}_asof-{as_of}.{kind}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What was asked of which state of which log, and what came out."""

    file: str
    kind: Format
    log_id: str
    as_of: int
    exported_at: datetime
    wanted: EventFilter
    sort: Sort
    columns: Sequence[str]
    rows: int
    size_bytes: int
    sha256: str  # of the file, lower-case hexadecimal

    def to_json(self) -> bytes:
        """One JSON object; `filter.params` are the pairs of a link, a relative time turned into the times it meant."""
        content = {
            "manifest": VERSION,
            "file": self.file,
            "format": self.kind.value,
            "media_type": KINDS[self.kind].media_type,
            "log_id": self.log_id,
            "as_of": self.as_of,
            "exported_at": format_time(self.exported_at),
            "time_zone": "UTC",
            "filter": {
                "sentence": self.wanted.sentence(self.exported_at),
                "params": self.wanted.at(self.exported_at).to_params(),
            },
            "sort": str(self.sort),
            "columns": list(self.columns),
            "rows": self.rows,
            "size_bytes": self.size_bytes,
            "sha256": self.sha256,
        }
        return orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
