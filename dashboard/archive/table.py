"""The archive: two append-only Delta tables, `events` (what views read) and `evidence` (what proofs need), over the
same ranges of the log.

Each commit carries how far the table reaches (Delta's application transaction "mirror", the next seq), so a range is
written once: whoever would write another than the next one is refused. Only an erasure replaces files (`rewrite`), and
then no version before it can be read any more (`forget`).
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction, WriterProperties
from deltalake.exceptions import DeltaError, TableNotFoundError

from dashboard.archive.snapshot import Part
from dashboard.errors import DamagedError, UnreachableError

MIRROR = "mirror"
LOG_ID = "auditlens.log_id"
_APPEND_ONLY = "delta.appendOnly"
_CONFIGURATION = {
    _APPEND_ONLY: "true",
    "delta.enableExpiredLogCleanup": "true",
    "delta.checkpointInterval": "20",
    "delta.dataSkippingStatsColumns": "seq,occurred_at,category,action,outcome",
}
_ROW_GROUP = 131_072
_REWRITTEN_AT_ONCE = 1_000_000  # rows in memory, and in one commit
_STATISTICS_ROUND = timedelta(milliseconds=1)  # writers of Delta cut times to it
_MOST_RUNS = 200  # ranges of seq that one commit names
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class ArchiveTable:
    """One Delta table of one log. An instance holds one opened version until `refresh`."""

    def __init__(self, location: str, name: str, schema: Mapping[str, pl.DataType], log_id: str) -> None:
        self.name = name
        self.schema = schema
        self.log_id = log_id
        self._uri = f"{location.rstrip('/')}/{name}"
        self._table: DeltaTable | None = None

    @property
    def version(self) -> int:
        """The opened version; -1 while the table does not exist."""
        return -1 if self._table is None else self._table.version()

    @property
    def watermark(self) -> int:
        """The next seq this table lacks: the opened version holds exactly the events below it."""
        if self._table is None:
            return 0
        return self._table.transaction_version(MIRROR) or 0

    def refresh(self) -> bool:
        """Opens the newest version; says whether it is another one. Some milliseconds.

        Raises DamagedError when the table belongs to another log, UnreachableError when it can't be read.
        """
        before = self.version
        try:
            if self._table is None:
                self._table = DeltaTable(self._uri)
                self._check_owner(self._table)
            else:
                self._table.update_incremental()
        except TableNotFoundError:
            self._table = None
        except (DeltaError, OSError) as wrong:
            raise UnreachableError(
                f"The archive {self.name} can't be read: {_said(wrong)}.",
                "Is AUDITLENS_ARCHIVE right, and its storage reachable?",
            ) from wrong
        return self.version != before

    def _check_owner(self, table: DeltaTable) -> None:
        owner = table.metadata().configuration.get(LOG_ID)
        if owner != self.log_id:
            raise DamagedError(
                f"The archive {self._uri} belongs to log {owner}, the database holds log {self.log_id}.",
                "Point AUDITLENS_ARCHIVE and AUDITLENS_DATABASE_URL at two that belong together.",
            )

    def scan(self) -> pl.LazyFrame:
        """The opened version's rows, in no order; nothing is read yet. Raises DamagedError when files are gone."""
        files = self.files()
        if not files:
            return pl.LazyFrame(schema=self.schema)
        missing = [file for file in files if not urlsplit(file).scheme and not Path(file).exists()]
        if missing:
            raise DamagedError(
                f"The archive {self.name} lacks {len(missing):,} of its {len(files):,} files, such as {missing[0]}.",
                f"Restore them; or, if the database still holds every event, move {self._uri} away: "
                "the sealer writes it anew.",
            )
        return pl.scan_parquet(files, schema=dict(self.schema))

    def scan_file(self, uri: str) -> pl.LazyFrame:
        """The rows of one file of the opened version; nothing is read yet."""
        return pl.scan_parquet(uri, schema=dict(self.schema))

    def files(self) -> list[str]:
        """The files of the opened version, whether they are there or not."""
        return [] if self._table is None else self._table.file_uris()

    def parts(self) -> tuple[Part, ...]:
        """The files of the opened version with what its log knows of each, oldest rows first. Nothing is read."""
        if self._table is None:
            return ()
        known = pl.DataFrame(self._table.get_add_actions(flatten=True)).select(
            "path",
            "num_records",
            *(f"{bound}.{name}" for name in ("seq", "occurred_at") for bound in ("min", "max")),
        )
        parts = [
            Part(uri, rows, first, last, oldest - _STATISTICS_ROUND, newest + _STATISTICS_ROUND)
            for uri, (_, rows, first, last, oldest, newest) in zip(self.files(), known.iter_rows(), strict=True)
        ]
        return tuple(sorted(parts, key=lambda part: (part.oldest, part.first_seq)))

    def append(self, frame: pl.DataFrame, start: int, stop: int) -> None:
        """Adds the rows `start <= seq < stop` in one commit. Raises DamagedError unless they are the next ones."""
        self.refresh()
        if self.watermark != start:
            raise DamagedError(
                f"The archive {self.name} reaches to seq {self.watermark:,}; a range from {start:,} would not follow.",
                "Another process mirrors this log: let only one host run the sealer.",
            )
        with self._writing():
            if self._table is None:
                self._create(frame)
                self.refresh()
            frame.write_delta(
                self._table or self._uri,  # the version looked at: a mirror in between makes the commit fail
                mode="append",
                delta_write_options={
                    **_written(),
                    "commit_properties": CommitProperties(app_transactions=[Transaction(MIRROR, stop)]),
                },
            )
        self.refresh()

    def rewrite(
        self, seqs: pl.Series, change: Callable[[pl.DataFrame], pl.DataFrame], order: Sequence[str] = ("seq",)
    ) -> int:
        """Replaces the files that hold any of these events by changed ones, and says how many rows they hold.

        A commit takes about a million rows; readers see each whole or not at all. `change` keeps rows and columns. The
        caller holds the mirror's lock. About 2 µs a row. Raises DamagedError when rows would be lost.
        """
        self.refresh()
        if self._table is None or seqs.is_empty():
            return 0
        done = 0
        with self._writing(), self._replaceable():
            for files, runs in self._holding(seqs):
                before = pl.scan_parquet(files, schema=dict(self.schema)).collect()
                after = change(before).select(*self.schema).sort(*order)
                if not after["seq"].sort().equals(before["seq"].sort()):
                    raise AssertionError("an erasure keeps each row")
                self._replace(after, runs)
                done += after.height
        self.refresh()
        return done

    def _holding(self, seqs: pl.Series) -> Iterator[tuple[list[str], list[tuple[int, int]]]]:
        """The files that hold any of the events, in bites, each with the ranges of seq (both ends included) in it."""
        places = pl.scan_parquet(self.files(), schema=dict(self.schema), include_file_paths="file").select(
            "file", "seq"
        )
        touched = places.filter(pl.col("seq").is_in(seqs.implode())).select("file").unique().collect()["file"]
        held = places.filter(pl.col("file").is_in(touched.implode())).sort("seq").collect()
        new_run = (pl.col("seq") != pl.col("seq").shift() + 1) | (pl.col("file") != pl.col("file").shift())
        runs = (
            held.with_columns(run=new_run.fill_null(True).cum_sum())
            .group_by("run", "file", maintain_order=True)
            .agg(first=pl.col("seq").min(), last=pl.col("seq").max())
        )
        by_file = runs.group_by("file", maintain_order=True).agg("first", "last").rows()
        files: list[str] = []
        bite: list[tuple[int, int]] = []
        for file, firsts, lasts in by_file:
            own = list(zip(firsts, lasts, strict=True))
            rows = sum(last - first + 1 for first, last in bite + own)
            if files and (rows > _REWRITTEN_AT_ONCE or len(bite) + len(own) > _MOST_RUNS):
                yield files, bite
                files, bite = [], []
            files.append(file)
            bite += own
        if files:
            yield files, bite

    def _replace(self, rows: pl.DataFrame, runs: Sequence[tuple[int, int]]) -> None:
        assert self._table is not None
        reach, height = self.watermark, self._height()
        rows.write_delta(
            self._table,
            mode="overwrite",
            delta_write_options={
                **_written(),
                "predicate": " or ".join(f"(seq >= {first} and seq <= {last})" for first, last in runs),
            },
        )
        self.refresh()
        if (self.watermark, self._height()) != (reach, height):
            raise DamagedError(
                f"Replacing files of the archive {self.name} changed how many events it holds.",
                f"Nothing was deleted yet: go back to version {self.version - 1} of {self._uri}.",
            )

    def _height(self) -> int:
        return int(self.scan().select(pl.len()).collect().item())

    @contextmanager
    def _replaceable(self) -> Iterator[None]:
        """Lets files be replaced for the block; a block that was killed leaves it so until the next one ends."""
        assert self._table is not None
        self._table.alter.set_table_properties({_APPEND_ONLY: "false"})
        try:
            yield
        finally:
            self.refresh()
            self._table.alter.set_table_properties({_APPEND_ONLY: "true"})

    def forget(self) -> int:
        """Deletes every file that the newest version does not need, so that no earlier version can be read; says how
        many. A reader of an earlier one opens the newest.
        """
        self.refresh()
        if self._table is None:
            return 0
        with self._writing():
            if self._table.metadata().configuration.get(_APPEND_ONLY) != "true":
                self._table.alter.set_table_properties({_APPEND_ONLY: "true"})
            gone = self._table.vacuum(retention_hours=0, enforce_retention_duration=False, dry_run=False, full=True)
        self.refresh()
        return len(gone)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except (DeltaError, OSError, pl.exceptions.PolarsError) as wrong:
            raise UnreachableError(
                f"The archive {self.name} can't be written: {_said(wrong)}.",
                "Is its disk full, or its storage unreachable?",
            ) from wrong

    def _create(self, frame: pl.DataFrame) -> None:
        if not urlsplit(self._uri).scheme:
            Path(self._uri).mkdir(parents=True, exist_ok=True)
        DeltaTable.create(
            self._uri,
            frame.clear().to_arrow(compat_level=pl.CompatLevel.oldest()).schema,
            mode="ignore",
            name=f"auditlens_{self.name}",
            configuration={**_CONFIGURATION, LOG_ID: self.log_id},
            raise_if_key_not_exists=False,
        )


def _written() -> dict[str, object]:
    """How a commit is written."""
    return {
        "writer_properties": WriterProperties(compression="ZSTD", compression_level=3, max_row_group_size=_ROW_GROUP),
        "post_commithook_properties": PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=True),
    }


def _said(wrong: Exception) -> str:
    """The first line of what the library says, without its colours: the others tell of its insides."""
    return _COLOURS.sub("", str(wrong).strip().partition("\n")[0]).rstrip(".:")
