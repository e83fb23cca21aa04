"""Erases a person's fields: in the record with the event that says so, then in the archive and in every file under the
home that can still hold them. Each step can be repeated: what a crash left open, `resume` completes.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

import polars as pl

from dashboard.archive.table import ArchiveTable
from dashboard.errors import DamagedError, UsageError
from dashboard.events.canonical import GROUPS
from dashboard.events.mentions import is_named
from dashboard.keeping.archived import archived
from dashboard.keeping.log import Log
from dashboard.keeping.own_events import operator_name
from dashboard.keeping.sealer import catch_up
from dashboard.keeping.targets import VALUES, Targets
from dashboard.record import purging
from dashboard.record.erasing import ErasingRecord, Group
from dashboard.record.read import RecordReader

OUT_OF_REACH = (
    "files that were exported, reports and proofs that were handed out, and mails",
    "backups and copies of this home or database, and blocks that a disk has not written over yet",
    "links and browser histories that hold the value in a filter",
    "the keys of events: a keyed hash of each stays, so that importing a file again does not bring a value back",
)
"""What no command can empty."""

EXTERNAL = (
    "the files of your PostgreSQL: old row versions, statistics, write-ahead log, replicas and server logs keep the "
    "values until its administrator ran ANALYZE, ran VACUUM (FULL) on the partitions of audit_event, on sealed, "
    "conflict, saved_view and pg_statistic, and rotated the logs away"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What an erasure did."""

    erasure_no: int | None  # None: everything was erased before
    events: int
    groups: int
    conflicts: int
    views: int  # saved views that were emptied
    archive_rows: int = 0  # rows of both tables that were written anew
    archive_files: int = 0  # files of old versions that were deleted
    log_places: int = 0  # places in the database server's log
    out_of_reach: tuple[str, ...] = OUT_OF_REACH


@dataclass(frozen=True, slots=True)
class Completed:
    """What was still open outside the record."""

    erasures: tuple[int, ...]
    archive_rows: int
    archive_files: int


def erase(log: Log, targets: Targets, reason: str) -> Erased:
    """Erases what was found. First completes what an earlier erasure left open.

    The record's part is one transaction. Raises UsageError when the reason names the person, DamagedError when a
    retired row is not what was sealed; then nothing is erased.
    """
    if any(is_named(reason, value) for value in targets.values):
        raise UsageError("The reason names the person, and it stays in the log.", "Give a reference, such as a ticket.")
    with ErasingRecord(log.urls.of("redactor")) as record, closing(log.reader()) as reader, record.mirroring():
        _complete(log, record, reader)
        groups = _with_digests(log, reader, targets.groups)
        number = record.erase(groups, targets.conflicts, reason, _by(targets.values), targets.views)
        blotted = purging.blot_out(log.urls.of("reader"), targets.values) if log.embedded else 0
        catch_up(log)
        done = _complete(log, record, reader)
    return Erased(
        erasure_no=number,
        events=targets.events,
        groups=targets.groups.height,
        conflicts=len(targets.conflicts),
        views=len(targets.views),
        archive_rows=done.archive_rows,
        archive_files=done.archive_files,
        log_places=blotted,
        out_of_reach=OUT_OF_REACH if log.embedded else (EXTERNAL, *OUT_OF_REACH),
    )


def resume(log: Log) -> Completed:
    """Completes what erasures left open, and empties again what an archive brought back from a backup holds."""
    with ErasingRecord(log.urls.of("redactor")) as record, closing(log.reader()) as reader, record.mirroring():
        rows = _empty_archive(log, reader.erased_groups())
        done = _complete(log, record, reader)
        files = _forget(log) if rows else 0
    catch_up(log)
    return replace(done, archive_rows=done.archive_rows + rows, archive_files=done.archive_files + files)


def _complete(log: Log, record: ErasingRecord, reader: RecordReader) -> Completed:
    open_erasures = reader.open_erasures()
    rows = files = 0
    unarchived = [erasure.erasure_no for erasure in open_erasures if erasure.archive]
    if unarchived:
        rows = _empty_archive(log, reader.erased_groups(min(unarchived)))
        files = _forget(log)
        for number in unarchived:
            record.did(number, "archive")
    in_files = [erasure.erasure_no for erasure in open_erasures if erasure.files and log.embedded]
    if in_files:
        purging.purge(log.urls.of("reader"), in_files)
        for number in in_files:
            record.did(number, "files")
    return Completed(tuple(sorted({*unarchived, *in_files})), rows, files)


def _by(values: Sequence[str]) -> str | None:
    """Who runs this, unless it is the person who is erased."""
    name = operator_name()
    return None if name is None or any(is_named(name, value) for value in values) else name


def _with_digests(log: Log, reader: RecordReader, groups: pl.DataFrame) -> list[Group]:
    """The groups as the record takes them; of retired events with the digest, which only the archive can tell."""
    ranges = [span for month in reader.retired() for span in month.ranges]
    is_retired = pl.any_horizontal(
        pl.lit(False), *((pl.col("seq") >= start) & (pl.col("seq") < stop) for start, stop in ranges)
    )
    gone = groups.filter(is_retired, pl.col("grp") != "place")
    digests: Mapping[tuple[int, str], bytes] = {}
    if not gone.is_empty():
        events, evidence = log.events_table(), log.evidence_table()
        events.refresh()
        evidence.refresh()
        rows = archived(events, evidence, gone["seq"].unique())
        differing = rows.differing(reader.erased_digests())
        if differing or rows.seqs.len() != gone["seq"].n_unique():
            raise DamagedError(
                f"The archive does not hold what was sealed at seq {differing[0] if differing else gone['seq'][0]:,}.",
                "Nothing was erased. Run `auditlens verify --full`.",
            )
        digests = rows.digests()
    return [Group(event_id, group, digests.get((event_id, group))) for _, event_id, group in groups.iter_rows()]


def _empty_archive(log: Log, groups: pl.DataFrame) -> int:
    """Empties the groups in both tables where they are not empty yet, evidence first; says how many rows that took."""
    if groups.is_empty():
        return 0
    flags = groups.group_by("seq").agg(*((pl.col("grp") == group).any().alias(_flag(group)) for group in GROUPS))
    return _empty_evidence(log.evidence_table(), flags) + _empty_events(log.events_table(), flags)


def _flag(group: str) -> str:
    return f"erase_{group}"


def _empty_evidence(table: ArchiveTable, flags: pl.DataFrame) -> int:
    table.refresh()
    left = pl.any_horizontal(pl.col(_flag(group)) & pl.col(f"{group}_salt").is_not_null() for group in GROUPS)

    def change(rows: pl.DataFrame) -> pl.DataFrame:
        columns = {f"{group}_salt": group for group in GROUPS} | {"original": "original"}
        return rows.join(flags, on="seq", how="left").with_columns(_emptied(columns))

    return table.rewrite(_to_do(table, flags, left), change)


def _empty_events(table: ArchiveTable, flags: pl.DataFrame) -> int:
    table.refresh()
    left = pl.any_horizontal(pl.col(_flag(group)) & ~_says(group) for group in GROUPS)

    def change(rows: pl.DataFrame) -> pl.DataFrame:
        columns = {name: group for group, names in VALUES.items() for name in names}
        names = [pl.when(pl.col(_flag(group)).fill_null(False) | _says(group)).then(pl.lit(group)) for group in GROUPS]
        said = pl.concat_str(names, separator=",", ignore_nulls=True)
        joined = rows.join(flags, on="seq", how="left")
        return joined.with_columns(*_emptied(columns), erased=pl.when(said != "").then(said))

    return table.rewrite(_to_do(table, flags, left), change)


def _says(group: str) -> pl.Expr:
    """Whether a row's column `erased` names the group."""
    return pl.col("erased").fill_null("").str.split(",").list.contains(group)


def _emptied(columns: Mapping[str, str]) -> list[pl.Expr]:
    return [pl.when(~pl.col(_flag(group)).fill_null(False)).then(name).alias(name) for name, group in columns.items()]


def _to_do(table: ArchiveTable, flags: pl.DataFrame, left: pl.Expr) -> pl.Series:
    rows = table.scan().filter(pl.col("seq").is_between(flags["seq"].min(), flags["seq"].max()))
    return rows.join(flags.lazy(), on="seq").filter(left).select("seq").collect()["seq"]


def _forget(log: Log) -> int:
    return log.evidence_table().forget() + log.events_table().forget()
