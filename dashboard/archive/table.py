"""The archive: two append-only Delta tables, `events` (what views read) and `evidence` (what proofs need), over the
same ranges of the log.

Each commit carries how far the table reaches (Delta's application transaction "mirror", the next seq), so a range is
written once: whoever would write another than the next one is refused.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

import polars as pl
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction, WriterProperties
from deltalake.exceptions import DeltaError, TableNotFoundError

from dashboard.errors import DamagedError, UnreachableError

MIRROR = "mirror"
LOG_ID = "auditlens.log_id"
_CONFIGURATION = {
    "delta.appendOnly": "true",
    "delta.enableExpiredLogCleanup": "true",
    "delta.checkpointInterval": "20",
    "delta.dataSkippingStatsColumns": "seq,occurred_at,category,action,outcome",
}
_ROW_GROUP = 131_072
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
        files = [] if self._table is None else self._table.file_uris()
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

    def append(self, frame: pl.DataFrame, start: int, stop: int) -> None:
        """Adds the rows `start <= seq < stop` in one commit. Raises DamagedError unless they are the next ones."""
        self.refresh()
        if self.watermark != start:
            raise DamagedError(
                f"The archive {self.name} reaches to seq {self.watermark:,}; a range from {start:,} would not follow.",
                "Another process mirrors this log: let only one host run the sealer.",
            )
        try:
            if self._table is None:
                self._create(frame)
                self.refresh()
            frame.write_delta(
                self._table or self._uri,  # the version looked at: a mirror in between makes the commit fail
                mode="append",
                delta_write_options={
                    "writer_properties": WriterProperties(
                        compression="ZSTD", compression_level=3, max_row_group_size=_ROW_GROUP
                    ),
                    "commit_properties": CommitProperties(app_transactions=[Transaction(MIRROR, stop)]),
                    "post_commithook_properties": PostCommitHookProperties(
                        create_checkpoint=True, cleanup_expired_logs=True
                    ),
                },
            )
        except (DeltaError, OSError) as wrong:
            raise UnreachableError(
                f"The archive {self.name} can't be written: {_said(wrong)}.",
                "Is its disk full, or its storage unreachable?",
            ) from wrong
        self.refresh()

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


def _said(wrong: Exception) -> str:
    """The first line of what the library says, without its colours: the others tell of its insides."""
    return _COLOURS.sub("", str(wrong).strip().partition("\n")[0]).rstrip(".:")
