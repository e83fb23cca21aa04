"""The archive: two append-only Delta tables, `events` (what views read) and `evidence` (what proofs need), over the
same ranges of the log.

Each commit of the mirror carries how far the table reaches (Delta's application transaction "mirror", the next seq), so
a range is written once: whoever would write another than the next one is refused. Every other commit replaces files by
files of the same events: compaction and rebuilding (`replace`) as Delta's OPTIMIZE does, and an erasure (`rewrite`),
after which no version before it can be read any more (`forget`).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial

import polars as pl
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction

from dashboard.archive import files
from dashboard.archive.listing import Listed, bites, of
from dashboard.archive.snapshot import Part
from dashboard.archive.storage import Storage
from dashboard.errors import DamagedError, UnreachableError

MIRROR = "mirror"
LOG_ID = "auditlens.log_id"
_APPEND_ONLY = "delta.appendOnly"
_LASTING = {
    "delta.enableExpiredLogCleanup": "true",
    "delta.checkpointInterval": "20",
    "delta.logRetentionDuration": "interval 2 days",  # nobody asks for a version of last week, each open lists them
    "delta.deletedFileRetentionDuration": "interval 1 days",
    "delta.dataSkippingStatsColumns": ",".join(files.STATISTICS),
}
MOST_ROWS = 500_000
"""Of a file: rows that are written at once are cut into as few even files as this allows."""

_STATISTICS_ROUND = timedelta(milliseconds=1)  # writers of Delta cut times to it
_TRIES = 5
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


class OvertakenError(Exception):
    """Files that were to be replaced are none of the table's any more: somebody else replaced them."""


class ArchiveTable:
    """One Delta table of one log. An instance holds one opened version until `refresh`."""

    def __init__(self, location: str, name: str, schema: Mapping[str, pl.DataType], log_id: str) -> None:
        self.name = name
        self.schema = schema
        self.log_id = log_id
        self.order = files.order_of(schema)
        self.storage = Storage.at(location).under(name)
        self._table: DeltaTable | None = None
        self._listed: tuple[int, tuple[Listed, ...]] = (-1, ())

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

    @property
    def storage_options(self) -> dict[str, str] | None:
        """What a reader of the files needs besides their addresses. Holds secrets."""
        return dict(self.storage.options) or None

    def refresh(self) -> bool:
        """Opens the newest version; says whether it is another one. Some milliseconds.

        Raises DamagedError when the table belongs to another log, UnreachableError when it can't be read.
        """
        before = self.version
        try:
            if self._table is None:
                self._table = DeltaTable(self.storage.uri, storage_options=self.storage.log_options)
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
                f"The archive {self.storage.uri} belongs to log {owner}, the database holds log {self.log_id}.",
                "Point AUDITLENS_ARCHIVE and AUDITLENS_DATABASE_URL at two that belong together.",
            )

    def scan(self) -> pl.LazyFrame:
        """The opened version's rows, in no order; nothing is read yet. Raises DamagedError when files are gone."""
        listed = self.files()
        if missing := self.storage.lacking(listed):
            raise DamagedError(
                f"The archive {self.name} lacks {len(missing):,} of its {len(listed):,} files, such as {missing[0]}.",
                "Restore them; or, if the database still holds every event, `auditlens archive rebuild`.",
            )
        return self.scan_files(listed)

    def scan_files(self, listed: Sequence[str]) -> pl.LazyFrame:
        """The rows of some of the table's files."""
        if not listed:
            return pl.LazyFrame(schema=self.schema)
        return pl.scan_parquet(list(listed), schema=dict(self.schema), storage_options=self.storage_options)

    def scan_file(self, uri: str) -> pl.LazyFrame:
        """The rows of one file of the opened version; nothing is read yet."""
        return self.scan_files([uri])

    def files(self) -> list[str]:
        """The files of the opened version, whether they are there or not."""
        return [file.uri for file in self.listed()]

    def parts(self) -> tuple[Part, ...]:
        """The files of the opened version with what its log knows of each, oldest rows first. Nothing is read."""
        parts = [
            Part(
                file.uri,
                file.rows,
                file.first_seq,
                file.last_seq,
                file.oldest - _STATISTICS_ROUND,
                file.newest + _STATISTICS_ROUND,
            )
            for file in self.listed()
            if file.oldest is not None and file.newest is not None
        ]
        return tuple(sorted(parts, key=lambda part: (part.oldest, part.first_seq)))

    def listed(self) -> tuple[Listed, ...]:
        """What the opened version's log tells of its files; read once a version."""
        if self._table is None:
            return ()
        version = self._table.version()
        if self._listed[0] != version:
            self._listed = version, of(self._table)
        return self._listed[1]

    def append(self, frame: pl.DataFrame, start: int, stop: int) -> None:
        """Adds the rows `start <= seq < stop` in one commit. Raises DamagedError unless they are the next ones."""
        self.refresh()
        if self.watermark != start:
            raise DamagedError(
                f"The archive {self.name} reaches to seq {self.watermark:,}; a range from {start:,} would not follow.",
                "Another process mirrors this log: let only one host run the sealer.",
            )
        with self.working():
            self.create()
            self._add(self._apart(frame.sort(*self.order)), stop)
        self.refresh()

    def create(self) -> None:
        """Makes the table, empty, where there is none."""
        if self._table is not None:
            return
        self.storage.make()
        DeltaTable.create(
            self.storage.uri,
            pl.DataFrame(schema=dict(self.schema)).to_arrow(compat_level=pl.CompatLevel.oldest()).schema,
            mode="ignore",
            name=f"auditlens_{self.name}",
            configuration={_APPEND_ONLY: "true", **_LASTING, LOG_ID: self.log_id},
            raise_if_key_not_exists=False,
            storage_options=self.storage.log_options,
        )
        self.refresh()

    def _apart(self, frame: pl.DataFrame) -> list[pl.DataFrame]:
        """Sorted rows, those that came late apart: so that the newest files are of a short time."""
        times = [file.oldest for file in self.listed() if file.oldest is not None and file.rows >= files.ROW_GROUP]
        if not times:
            return files.cut(frame, MOST_ROWS)
        late = frame.select((pl.col(self.order[0]) < max(times)).sum()).item()
        return [piece for half in (frame[:late], frame[late:]) if half.height for piece in files.cut(half, MOST_ROWS)]

    def _add(self, frames: Sequence[pl.DataFrame], reach: int) -> None:
        with self.written(frames, data_change=True) as added:
            self._commit(added, reach=reach)

    @contextmanager
    def written(self, frames: Iterable[pl.DataFrame], *, data_change: bool = False) -> Iterator[list[AddAction]]:
        """Files of these rows, read back once they were written; dropped unless the block commits them."""
        added: list[AddAction] = []
        try:
            for frame in frames:
                added.append(self.write(frame, data_change=data_change))  # noqa: PERF401  # one may fail: drop the others
            yield added
        except BaseException:
            self.drop(added)
            raise

    def write(self, frame: pl.DataFrame, *, data_change: bool = False) -> AddAction:
        """Writes sorted rows as a file that no version names yet, and reads it back. About 3 µs a row.

        Raises UnreachableError when something else comes back than was written.
        """
        added = files.write(frame, self.storage, data_change=data_change)
        held = self.scan_files([self.storage.file(added.path)]).collect()
        if files.fingerprint(held) != files.fingerprint(frame):
            raise UnreachableError(
                f"The archive {self.name} gave back other rows than were written.",
                "Check its disk or its storage. Nothing was committed.",
            )
        return added

    def drop(self, added: Sequence[AddAction]) -> None:
        """Deletes files that were written and not committed; what can't be deleted now, `tidy` deletes later."""
        for file in added:
            with suppress(OSError):
                self.storage.drop(file.path)

    def _commit(
        self, actions: Sequence[AddAction | RemoveAction], *, reach: int | None = None, once: bool = False
    ) -> None:
        """Commits files. With `once` any commit of another since the opened version makes it fail."""
        assert self._table is not None
        self._table.create_write_transaction(
            list(actions),
            "append",
            self._table.schema(),
            commit_properties=CommitProperties(
                app_transactions=None if reach is None else [Transaction(MIRROR, reach)],
                max_commit_retries=0 if once else None,
            ),
            post_commithook_properties=PostCommitHookProperties(create_checkpoint=True, cleanup_expired_logs=True),
        )

    def replace(
        self,
        gone: Sequence[Listed],
        added: Sequence[AddAction],
        *,
        reach: int | None = None,
        data_change: bool = False,
    ) -> None:
        """Puts written files of the same events in the place of these, in one commit.

        Delta itself does not see that two commits replace the same file, so each try is made for the version that was
        looked at. Raises OvertakenError when another replaced one of the files; then the written ones are of no use.
        """
        names = {file.name for file in gone}
        removed = [RemoveAction(file.name, data_change, files.now_ms(), file.size_bytes) for file in gone]
        for attempt in range(_TRIES):
            self.refresh()
            if not names <= {file.name for file in self.listed()}:
                raise OvertakenError
            seen = self.version
            try:
                with self.working():
                    self._commit([*added, *removed], reach=reach, once=True)
            except UnreachableError:
                if not self.refresh() or self.version == seen or attempt + 1 == _TRIES:
                    raise
            else:
                self.refresh()
                return

    def rewrite(self, seqs: pl.Series, change: Callable[[pl.DataFrame], pl.DataFrame]) -> int:
        """Replaces the files that hold any of these events by changed ones, and says how many rows they hold.

        A commit takes about a million rows; readers see each whole or not at all. `change` keeps rows and columns. The
        caller holds the mirror's lock. About 4 µs a row. Raises DamagedError when rows would be lost.
        """
        self.refresh()
        if self._table is None or seqs.is_empty():
            return 0
        done = 0
        with self.working(), self._replaceable():
            for bite in bites(self.holding(seqs)):
                frames = (self._changed(file, change) for file in bite)
                with self.written(frames, data_change=True) as added:
                    self._replace_alone(bite, added)
                done += sum(file.rows for file in bite)
        self.refresh()
        return done

    def _changed(self, file: Listed, change: Callable[[pl.DataFrame], pl.DataFrame]) -> pl.DataFrame:
        before = self.scan_file(file.uri).collect()
        after = change(before).select(*self.schema).sort(*self.order)
        if not after["seq"].sort().equals(before["seq"].sort()):
            raise AssertionError("an erasure keeps each row")
        return after

    def _replace_alone(self, gone: Sequence[Listed], added: Sequence[AddAction]) -> None:
        try:
            self.replace(gone, added, data_change=True)
        except OvertakenError as wrong:
            raise UnreachableError(
                f"Somebody else rewrote files of the archive {self.name} at the same time.", "Try again."
            ) from wrong

    def holding(self, seqs: pl.Series) -> list[Listed]:
        """The files that hold any of these events."""
        return [file for file in self.listed() if self._holds(file, seqs)]

    def _holds(self, file: Listed, seqs: pl.Series) -> bool:
        near = seqs.filter(seqs.is_between(file.first_seq, file.last_seq))
        if near.is_empty():
            return False
        here = self.scan_file(file.uri).filter(pl.col("seq").is_in(near.implode()))
        return not here.select("seq").head(1).collect().is_empty()

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
        return self._vacuum(timedelta())

    def tidy(self, age: timedelta) -> int:
        """Deletes the files that no version of this last while needs, and those that a process that was killed left
        behind; says how many. Lists the folder. The caller holds the mirror's lock.
        """
        return self._vacuum(age)

    def _vacuum(self, age: timedelta) -> int:
        self.refresh()
        if self._table is None:
            return 0
        wanted = {_APPEND_ONLY: "true", **_LASTING}
        hours = -(-age // timedelta(hours=1))
        with self.working():
            if not wanted.items() <= self._table.metadata().configuration.items():
                self._table.alter.set_table_properties(wanted)
            vacuum = partial(self._table.vacuum, retention_hours=hours, enforce_retention_duration=False, full=True)
            gone = vacuum(dry_run=True)
            if gone:
                vacuum(dry_run=False)
        self.refresh()
        return len(gone)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Says what the libraries say of the storage as an error of ours."""
        try:
            yield
        except (DeltaError, OSError, pl.exceptions.PolarsError) as wrong:
            raise UnreachableError(
                f"The archive {self.name} can't be written: {_said(wrong)}.",
                "Is its disk full, or its storage unreachable?",
            ) from wrong


def _said(wrong: Exception) -> str:
    """The first line of what the library says, without its colours: the others tell of its insides."""
    return _COLOURS.sub("", str(wrong).strip().partition("\n")[0]).rstrip(".:")
