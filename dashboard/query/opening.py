"""Which engine answers: the one that AUDITLENS_ENGINE names."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dashboard.archive import EventsReader
from dashboard.errors import UsageError
from dashboard.keeping.log import Log
from dashboard.query.engine import Engine
from dashboard.query.polars_engine import PolarsEngine
from dashboard.query.record_engine import RecordEngine

if TYPE_CHECKING:
    from dashboard.query.spark_session import SparkCluster


class Questions:
    """Gives the engines of one opened log. Safe to share between threads; close it when done."""

    def __init__(self, log: Log) -> None:
        self._name = log.settings.engine
        self._cluster = _cluster(self._name) if self._name.startswith("sc://") else None
        self.events: EventsReader = log.events()

    def engine(self, as_of: int | None = None, now: datetime | None = None) -> Engine:
        """An engine of a state, the newest unless told. Raises UsageError for a state to come."""
        moment = now or datetime.now(UTC)
        if self._name == "polars":
            snapshot = self.events.snapshot(as_of)
            return PolarsEngine(snapshot, moment, lambda: self.events.snapshot(snapshot.as_of))
        if self._cluster is not None:
            from dashboard.query.spark_engine import SparkEngine  # noqa: PLC0415 - an extra

            snapshot = self.events.snapshot(as_of)
            return SparkEngine(snapshot, self._cluster, moment, lambda: self.events.snapshot(snapshot.as_of))
        record = self.events.record
        state = record.state()
        if as_of is not None and not 0 <= as_of <= state.tree_size:
            raise UsageError(
                f"as_of: the log has not come to {as_of:,} yet.", f"Its newest state is {state.tree_size:,}."
            )
        if months := record.retired():
            raise UsageError(
                f"The engine postgres can't answer: the events of {len(months):,} months are in the archive alone.",
                "Set AUDITLENS_ENGINE to polars.",
            )
        return RecordEngine(record, state.tree_size if as_of is None else as_of, moment, state.erasures)

    def close(self) -> None:
        self.events.close()
        if self._cluster is not None:
            self._cluster.close()


def _cluster(url: str) -> "SparkCluster":
    """The cluster of an address; nobody is called yet. Raises UsageError without the extra that can."""
    warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas", FutureWarning)  # none passes there
    try:
        from dashboard.query.spark_session import SparkCluster  # noqa: PLC0415 - an extra
    except ImportError as missing:
        raise UsageError(
            f"AUDITLENS_ENGINE names a Spark server, and its client is not installed: {missing}.",
            "Install auditlens[spark].",
        ) from missing
    return SparkCluster(url)


@contextmanager
def open_engine(log: Log, as_of: int | None = None, now: datetime | None = None) -> Iterator[Engine]:
    """One engine for the block: for a command."""
    questions = Questions(log)
    try:
        yield questions.engine(as_of, now)
    finally:
        questions.close()
