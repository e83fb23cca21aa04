"""A range of the archive against the leaves of the tree: each of its rows is hashed again."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import polars as pl

from dashboard.archive.table import ArchiveTable
from dashboard.events.canonical import GROUPS, LEAF_VERSION
from dashboard.events.columns import SCHEMA
from dashboard.keeping.verify.bounding import bounded
from dashboard.keeping.verify.counters import Runs, runs_in
from dashboard.keeping.verify.rows import tree_leaves
from dashboard.ledger.leaves import COLUMNS, leaf_hashes
from dashboard.ledger.report import Finding, Kind, Range
from dashboard.ledger.tlog import HASH_BYTES
from dashboard.record.read import EVIDENCE_SCHEMA
from dashboard.record.verifying import VerifyRecord

_TIME = "%Y-%m-%dT%H:%M:%S%.6fZ"
_CLOCK = (
    pl.when(pl.col("occurred_at") > pl.col("recorded_at") + pl.duration(minutes=5))
    .then(pl.lit("ahead"))
    .when(~pl.col("imported") & (pl.col("occurred_at") < pl.col("recorded_at") - pl.duration(hours=1)))
    .then(pl.lit("behind"))
)
_ERASED = pl.concat_str(
    [pl.when(pl.col(f"{group}_salt").is_null()).then(pl.lit(group)) for group in GROUPS],
    separator=",",
    ignore_nulls=True,
).replace("", None)


@dataclass(frozen=True, slots=True)
class ArchiveFiles:
    """One opened version of both tables: their files, and how far they reach together."""

    reach: int
    ends: tuple[int, int]  # of each table
    events: tuple[str, ...]
    evidence: tuple[str, ...]
    lacking: int  # files that are not there
    versions: tuple[int, int]
    options: Mapping[str, str] | None = field(default=None, repr=False)  # of their storage

    @classmethod
    def of(cls, events: ArchiveTable, evidence: ArchiveTable) -> "ArchiveFiles":
        """What the tables, just refreshed, say."""
        gone = {*events.storage.lacking(events.files()), *evidence.storage.lacking(evidence.files())}
        return cls(
            reach=min(events.watermark, evidence.watermark),
            ends=(events.watermark, evidence.watermark),
            events=tuple(file for file in events.files() if file not in gone),
            evidence=tuple(file for file in evidence.files() if file not in gone),
            lacking=len(gone),
            versions=(events.version, evidence.version),
            options=events.storage_options,
        )


@dataclass(slots=True)
class ArchiveDone:
    """What one range of the archive gave."""

    start: int
    stop: int
    rows: int = 0
    unreadable: int = 0  # files
    wrong: list[Finding] = field(default_factory=list)
    whole: tuple[Range, ...] = ()  # places whose rows are as the tree says
    runs: Runs = field(default_factory=dict)


def check_archive(
    record: VerifyRecord, files: ArchiveFiles, start: int, stop: int, tree: bytes | None = None
) -> ArchiveDone:
    """Compares the archive's rows `start <= seq < stop` with the tree's leaves, or with these. About 10 µs and 2 KiB a
    row.
    """
    done = ArchiveDone(start, stop)
    events = _read(files, files.events, SCHEMA, start, stop, done)
    evidence = _read(files, files.evidence, EVIDENCE_SCHEMA, start, stop, done)
    done.wrong += [*_twice(events, "events"), *_twice(evidence, "evidence")]
    both = events.unique("seq").join(evidence.unique("seq"), on="seq", suffix="_evidence").sort("seq")
    rows = _leaf_columns(both)
    without = both.filter(pl.any_horizontal(pl.col(f"{group}_salt").is_null() for group in GROUPS))
    erased = record.erased_digests(without["id"].to_list()) if without.height else {}
    leaves = leaf_hashes(rows, erased)
    done.rows = rows.height
    tree = tree_leaves(record, start, stop) if tree is None else tree
    odd = set(both.filter(_differs()).get_column("seq").to_list())
    whole = both.height == stop - start
    if odd or not (whole and b"".join(leaves) == tree == b"".join(both["leaf"].to_list())):
        _compare(done, both, leaves, tree, odd)
    else:
        done.whole = ((start, stop),)
    done.wrong = bounded(done.wrong)
    done.runs = runs_in(both)
    return done


def check_ends(files: ArchiveFiles) -> Iterator[Finding]:
    """Rows at places that the archive says it does not reach."""
    tables = (("events", files.events, SCHEMA), ("evidence", files.evidence, EVIDENCE_SCHEMA))
    for (name, listed, schema), end in zip(tables, files.ends, strict=True):
        try:
            beyond = _scan(files, listed, schema).filter(~pl.col("seq").is_between(0, end, closed="left"))
            seqs = beyond.select(pl.col("seq").min().alias("first"), pl.col("seq").max().alias("last")).collect()
        except (pl.exceptions.PolarsError, OSError):
            continue  # the units say which rows can't be read
        first, last = seqs.row(0)
        if first is not None:
            message = f"The archive's table {name} holds rows at places that it was not given."
            yield Finding(kind=Kind.ARCHIVE, message=message, first=first, last=last)


def _read(
    files: ArchiveFiles,
    listed: Sequence[str],
    schema: Mapping[str, pl.DataType],
    start: int,
    stop: int,
    done: ArchiveDone,
) -> pl.DataFrame:
    """The rows of a range; when a file can't be read, those of the others."""
    here = pl.col("seq").is_between(start, stop, closed="left")
    try:
        return _scan(files, listed, schema).filter(here).collect()
    except (pl.exceptions.PolarsError, OSError):
        frames = [pl.DataFrame(schema=dict(schema))]
        for file in listed:
            try:
                frames.append(_scan(files, [file], schema).filter(here).collect())
            except (pl.exceptions.PolarsError, OSError):
                done.unreadable += 1
        return pl.concat(frames)


def _scan(files: ArchiveFiles, listed: Sequence[str], schema: Mapping[str, pl.DataType]) -> pl.LazyFrame:
    if not listed:
        return pl.LazyFrame(schema=dict(schema))
    options = None if files.options is None else dict(files.options)
    return pl.scan_parquet(list(listed), schema=dict(schema), storage_options=options)


def _leaf_columns(both: pl.DataFrame) -> pl.DataFrame:
    sha256 = hashlib.sha256
    originals = [None if original is None else sha256(original).hexdigest() for original in both["original"].to_list()]
    return both.with_columns(
        pl.col("recorded_at").dt.strftime(_TIME),
        pl.col("occurred_at").dt.strftime(_TIME),
        *(pl.col(f"{group}_salt").bin.encode("hex") for group in GROUPS),
        pl.Series("original_sha256", originals, dtype=pl.String),
    ).select(COLUMNS.keys())


def _differs() -> pl.Expr:
    """Columns that are in no leaf, for they follow from others: clock, erased, leaf_v, and the id that stands twice."""
    return (
        pl.col("clock").ne_missing(_CLOCK)
        | pl.col("erased").ne_missing(_ERASED)
        | pl.col("id").ne_missing(pl.col("id_evidence"))
        | pl.col("leaf_v").ne_missing(LEAF_VERSION)
    )


def _twice(rows: pl.DataFrame, table: str) -> Iterator[Finding]:
    for seq in rows.filter(pl.col("seq").is_duplicated())["seq"].unique().sort().to_list():
        yield _differ(seq, f"The archive's table {table} holds this event twice.")


def _compare(done: ArchiveDone, both: pl.DataFrame, leaves: list[bytes], tree: bytes, odd: set[int]) -> None:
    held = dict(
        zip(both["seq"].to_list(), zip(leaves, both["leaf"].to_list(), both["id"].to_list(), strict=True), strict=True)
    )
    good: list[int] = []
    for seq in range(done.start, done.stop):
        at = (seq - done.start) * HASH_BYTES
        in_tree = tree[at : at + HASH_BYTES]
        if seq not in held:
            done.wrong.append(_differ(seq, "The archive lacks this event."))
            continue
        found, kept, event_id = held[seq]
        if found != in_tree:
            message = "The event in the archive is not the one that was sealed."
            done.wrong.append(_differ(seq, message, event_id, in_tree, found))
        elif kept != in_tree or seq in odd:
            message = "The event in the archive is genuine; what the archive derived from it was altered."
            done.wrong.append(_differ(seq, message, event_id, in_tree, kept))
        else:
            good.append(seq)
    done.whole = _runs(good)


def _runs(places: list[int]) -> tuple[Range, ...]:
    runs: list[Range] = []
    for seq in places:
        if runs and runs[-1][1] == seq:
            runs[-1] = (runs[-1][0], seq + 1)
        else:
            runs.append((seq, seq + 1))
    return tuple(runs)


def _differ(
    seq: int, message: str, event_id: int | None = None, sealed: bytes | None = None, found: bytes | None = None
) -> Finding:
    return Finding(
        kind=Kind.ARCHIVE, message=message, first=seq, last=seq, event_id=event_id,
        sealed_leaf=sealed.hex() if sealed else None, found_leaf=found.hex() if found else None,
    )  # fmt: skip
