"""Where a person's name or address stands in the log: looked for in every field, in what is archived, in what is not
yet, and in the quarantine.
"""

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import unquote_plus

import polars as pl

from dashboard.events.canonical import GROUPS
from dashboard.events.folding import DOT_ABOVE, FINAL_SIGMA, SIGMA, fold
from dashboard.events.mentions import checked_value, is_named, rust_pattern
from dashboard.keeping.log import Log
from dashboard.keeping.mirror import RANGE_EVENTS
from dashboard.keeping.sealer import catch_up

VALUES: Mapping[str, tuple[str, ...]] = {
    "actor": ("actor",),
    "client": ("source_ip", "user_agent", "reported_region"),
    "description": ("description",),
    "details": ("details",),
    "place": ("region", "country", "geo_source"),
    "target": ("target",),
}
"""The columns of `events` that an erased group empties; `original` is in the evidence."""

CLEAR = ("actor_id", "native_id", "request_id", "category", "action", "source", "db_role")
"""Fields that enter the leaf as they are: they can't be erased."""

ENCODINGS = ("utf-8", "cp1252", "utf-16-le", "utf-16-be")
"""What a foreign line that is not UTF-8 may be written in."""

_SCHEMA = {"seq": pl.Int64, "event_id": pl.Int64, "grp": pl.String}


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What an erasure of some values would empty, as of one state."""

    values: tuple[str, ...]
    as_of: int
    waiting: int  # events that are not sealed yet, so were not looked at
    groups: pl.DataFrame  # seq, event_id, grp: a row a group, in the order of the log
    conflicts: tuple[int, ...]  # quarantined submissions
    views: tuple[int, ...]  # saved views that name a value, in their filter too
    clear: Mapping[str, int]  # field -> how many events name a value where it can't be erased

    @property
    def events(self) -> int:
        return self.groups["seq"].n_unique()

    @property
    def is_empty(self) -> bool:
        return self.groups.is_empty() and not self.conflicts and not self.views

    def places(self) -> dict[str, int]:
        """Group -> how many events it would be emptied in."""
        counted = dict(self.groups.group_by("grp").len().iter_rows())
        return {group: counted[group] for group in GROUPS if group in counted}


def find(log: Log, values: Sequence[str]) -> Targets:
    """Looks for values everywhere; seals first what waits, where this host may.

    Of an event whose actor is one of the values go actor, client, place and original; of every event each group that
    names one as a whole word, in any letter case, also as JSON or a URL writes it. About 5 µs an event. Raises
    UsageError for a value that is no name.
    """
    wanted = tuple(dict.fromkeys(checked_value(value) for value in values))
    catch_up(log)
    with closing(log.reader()) as reader:
        size = reader.tree_size()
        waiting, _ = reader.waiting()
        conflicts = tuple(number for number, kept in reader.submissions() if _names(kept, wanted))
        saved = tuple(number for number, texts in reader.view_texts() if _in_view(texts, wanted))
    found, clear = [], dict.fromkeys(CLEAR, 0)
    for events, evidence in _parts(log, size):
        groups, counts = _found(events, evidence, wanted)
        found.append(groups)
        clear = {name: clear[name] + counts[name] for name in CLEAR}
    return Targets(
        values=wanted,
        as_of=size,
        waiting=waiting,
        groups=pl.concat(found).unique(["seq", "grp"]).sort("seq", "grp"),
        conflicts=conflicts,
        views=saved,
        clear={name: count for name, count in clear.items() if count},
    )


def _parts(log: Log, size: int) -> Iterator[tuple[pl.LazyFrame, pl.LazyFrame]]:
    """Events and evidence: the archive, then what it lacks."""
    events, evidence = log.events_table(), log.evidence_table()
    events.refresh()
    evidence.refresh()
    reach = min(events.watermark, evidence.watermark, size)
    below = pl.col("seq") < reach
    yield events.scan().filter(below), evidence.scan().filter(below)
    with closing(log.reader()) as reader:
        for start in range(reach, size, RANGE_EVENTS):
            rows, proofs = reader.sealed_range(start, min(size, start + RANGE_EVENTS))
            yield rows.lazy(), proofs.lazy()


def _found(
    events: pl.LazyFrame, evidence: pl.LazyFrame, values: Sequence[str]
) -> tuple[pl.DataFrame, Mapping[str, int]]:
    own = _folded(pl.col("actor").str.normalize("NFC")).is_in([_folded_value(value) for value in values])
    hits = {group: own & _any_value(names) for group, names in VALUES.items() if group in ("actor", "client", "place")}
    for group, names in VALUES.items():
        named = pl.any_horizontal(_named(pl.col(name), values) for name in names)
        hits[group] = (hits[group] | named) if group in hits else named
    hits["place"] |= hits["client"] & _any_value(VALUES["place"])  # a region is told from the address
    asked = events.select(
        "seq",
        pl.col("id").alias("event_id"),
        own.alias("own"),
        *(hit.fill_null(False).alias(group) for group, hit in hits.items()),
        *(_named(pl.col(name), values).fill_null(False).alias(f"clear_{name}") for name in CLEAR),
    )
    rows = asked.filter(pl.any_horizontal(pl.exclude("seq", "event_id"))).collect(engine="streaming")
    counts = {name: int(rows[f"clear_{name}"].sum()) for name in CLEAR}
    groups = [
        rows.filter(pl.col(group)).select("seq", "event_id", pl.lit(group).alias("grp")).cast(_SCHEMA)  # type: ignore[arg-type]
        for group in VALUES
    ]
    return pl.concat([*groups, _originals(evidence, rows.filter("own")["seq"], values)]), counts


def _originals(evidence: pl.LazyFrame, own: pl.Series, values: Sequence[str]) -> pl.DataFrame:
    """Foreign lines: of the person's own events, and those that name a value."""
    text = pl.col("original").map_batches(_as_text, return_dtype=pl.String, is_elementwise=True)
    hit = pl.col("seq").is_in(own.implode()) | _named(text, values)
    marked = evidence.filter(pl.col("original").is_not_null()).select("seq", pl.col("id").alias("event_id"), hit=hit)
    rows = marked.collect(engine="streaming").filter("hit")
    return rows.select("seq", "event_id", pl.lit("original").alias("grp"))


def _as_text(lines: pl.Series) -> pl.Series:
    try:
        return lines.cast(pl.String)
    except pl.exceptions.ComputeError:  # some are not UTF-8
        return pl.Series(lines.name, [None if line is None else _read(line) for line in lines], dtype=pl.String)


def _read(line: bytes) -> str:
    """The text; of bytes in an unknown encoding each that it may be, one below the other."""
    try:
        return line.decode()
    except UnicodeDecodeError:
        return "\n".join(line.decode(encoding, errors="replace") for encoding in ENCODINGS)


def _names(submission: str, values: Sequence[str]) -> bool:
    """Whether a quarantined submission names a value, in any of its fields; bytes in it are hexadecimal."""
    original = json.loads(submission).get("original")
    line = _read(bytes.fromhex(original.removeprefix("\\x"))) if original else ""
    return any(is_named(text, value) for text in (submission, line) for value in values)


def _in_view(texts: str, values: Sequence[str]) -> bool:
    """Whether a saved view names a value: as it stands, or as its link encodes it."""
    return any(is_named(text, value) for text in (texts, unquote_plus(texts)) for value in values)


def _any_value(names: Sequence[str]) -> pl.Expr:
    return pl.any_horizontal(pl.col(name).is_not_null() for name in names)


def _named(text: pl.Expr, values: Sequence[str]) -> pl.Expr:
    return _folded(text).str.contains("|".join(rust_pattern(value) for value in values))


def _folded(text: pl.Expr) -> pl.Expr:
    """`events.folding.fold` as an expression."""
    return text.str.to_lowercase().str.replace_many([DOT_ABOVE, FINAL_SIGMA], ["", SIGMA])


def _folded_value(value: str) -> str:
    return fold(unicodedata.normalize("NFC", value))
