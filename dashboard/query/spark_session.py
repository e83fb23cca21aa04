"""A session on a Spark Connect server: how it is made, what it is asked, and what its errors mean."""

import contextlib
import re
import socket
import threading
from collections import OrderedDict
from collections.abc import Generator, Iterator, Mapping, Sequence
from functools import reduce
from typing import cast
from urllib.parse import urlsplit

import polars as pl
import pyarrow as pa
from pyspark.errors import PySparkException
from pyspark.sql import DataFrame
from pyspark.sql import types as st
from pyspark.sql.connect import proto
from pyspark.sql.connect.client.retries import DefaultPolicy
from pyspark.sql.connect.dataframe import DataFrame as ConnectFrame
from pyspark.sql.connect.session import SparkSession

from dashboard.archive.snapshot import Piece
from dashboard.errors import UnreachableError
from dashboard.events.columns import SCHEMA, TIME

Batches = Generator[st.StructType | pa.Table, None, None]

_DEFAULT_PORT = 15002
_CONNECT_S = 5.0
_RETRIES, _LONGEST_WAIT_MS = 4, 2_000  # the client by itself tries for ten minutes
_MOST_TAILS = 4
_CONFIGURATION = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.timestampType": "TIMESTAMP_LTZ",
    "spark.sql.files.ignoreMissingFiles": "false",  # a cluster may be set to leave away what it can't read
    "spark.sql.files.ignoreCorruptFiles": "false",
    "spark.sql.session.localRelationCacheThreshold": "65536",  # a larger tail is sent once, in pieces ...
    "spark.sql.session.localRelationChunkSizeRows": "10000",  # ... and of one that grew the new pieces only
}
_TYPES: Mapping[object, st.DataType] = {
    pl.Int64: st.LongType(),
    pl.String: st.StringType(),
    pl.Boolean: st.BooleanType(),
    TIME: st.TimestampType(),
}
_SPARK_SCHEMA = st.StructType([st.StructField(name, _TYPES[dtype]) for name, dtype in SCHEMA.items()])
_SCHEMES = {"": "file", "s3": "s3a"}  # as Hadoop names them
_GLOB = re.compile(r"([\[\]{}*?\\])")


class FilesGoneError(UnreachableError):
    """Files of the snapshot are no longer there: an erasure replaced them."""


class SessionGoneError(UnreachableError):
    """The server does not know the session any more: it was started anew, or nothing was asked for an hour."""


class SparkCluster:
    """One session, made when first needed and again when the server forgot it. Safe to share between threads."""

    def __init__(self, url: str) -> None:
        self._url = url
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or _DEFAULT_PORT)
        self._lock = threading.RLock()
        self._session: SparkSession | None = None
        self._tails: OrderedDict[str, DataFrame] = OrderedDict()

    @property
    def session(self) -> SparkSession:
        """Raises UnreachableError when nobody answers at the server's address."""
        with self._lock:
            if self._session is None:
                self._session = self._connected()
            return self._session

    def _connected(self) -> SparkSession:
        try:
            socket.create_connection(self._address, timeout=_CONNECT_S).close()
        except OSError as silent:
            raise self._silent() from silent
        with self.errors():
            session = SparkSession.builder.remote(self._url).create()
            session.client.set_retry_policies([DefaultPolicy(max_retries=_RETRIES, max_backoff=_LONGEST_WAIT_MS)])
            for name, value in _CONFIGURATION.items():
                session.conf.set(name, value)
        return session

    def events(self, pieces: Sequence[Piece]) -> DataFrame:
        """The rows of some pieces of a snapshot; nothing is read yet."""
        session = self.session
        files = [location(piece.part.uri) for piece in pieces if not piece.is_tail]
        found: list[DataFrame] = [session.read.schema(_SPARK_SCHEMA).parquet(*files)] if files else []
        found += [self._tail(piece) for piece in pieces if piece.is_tail]
        return reduce(DataFrame.union, found) if found else session.createDataFrame([], _SPARK_SCHEMA)

    def _tail(self, tail: Piece) -> DataFrame:
        """A snapshot's tail, sent once for all questions about it."""
        with self._lock:
            name = tail.part.uri
            if name not in self._tails:
                rows = tail.rows.collect().to_arrow(compat_level=pl.CompatLevel.oldest())
                self._tails[name] = self.session.createDataFrame(rows, _SPARK_SCHEMA)
            self._tails.move_to_end(name)
            while len(self._tails) > _MOST_TAILS:
                self._tails.popitem(last=False)
            return self._tails[name]

    def collected(self, rows: DataFrame) -> pl.DataFrame:
        """All rows. As `toArrow`, which asks for the types first and so has each question analysed twice."""
        table, _, _ = self.session.client.to_table(self._plan(rows), {})
        return polars_frame(table)

    def streamed(self, rows: DataFrame, size: int) -> Generator[pl.DataFrame, None, None]:
        """The rows as they come, in frames of `size` rows at most. Who stops reading stops the cluster's work: closed
        batches tell it. (An interrupt beside that leaves the work "running" in Spark's books.)

        As `toLocalIterator`, which makes a Python object of each value.
        """
        batches = cast("Batches", self.session.client.to_table_as_iterator(self._plan(rows), {}))
        with contextlib.closing(batches):
            for batch in batches:
                if isinstance(batch, pa.Table):
                    yield from polars_frame(batch).iter_slices(size)

    def _plan(self, rows: DataFrame) -> proto.Plan:
        return cast("ConnectFrame", rows)._plan.to_proto(self.session.client)

    @contextlib.contextmanager
    def errors(self) -> Iterator[None]:
        """What goes wrong in the block as errors of ours; a session that is gone is made anew by who asks next."""
        try:
            yield
        except PySparkException as wrong:
            meant = self._meaning(wrong)
            if isinstance(meant, SessionGoneError):
                self._forget()
            raise meant from wrong

    def _meaning(self, wrong: PySparkException) -> UnreachableError:
        condition, text = wrong.getCondition() or "", str(wrong)
        if condition.startswith("INVALID_HANDLE."):
            return SessionGoneError(f"{self._name} has forgotten the session.", "Ask again.")
        if "FILE_NOT_EXIST" in text or "PATH_NOT_FOUND" in condition:
            return FilesGoneError(
                "Files of the archive were replaced by an erasure while they were read.", "Ask again."
            )
        if "StatusCode.UNAVAILABLE" in text:
            return self._silent()
        return UnreachableError(
            f"{self._name} could not answer: {text.strip().partition(chr(10))[0][:300]}", "Its log says more."
        )

    def _silent(self) -> UnreachableError:
        return UnreachableError(
            f"{self._name} does not answer.",
            "Start its Spark Connect server, or set AUDITLENS_ENGINE to polars.",
        )

    @property
    def _name(self) -> str:
        host, port = self._address
        return f"The Spark Connect server at {host}:{port}"

    def _forget(self) -> None:
        with self._lock:
            if self._session is not None:
                self._session.release_session_on_close = False
            self.close()

    def close(self) -> None:
        """Ends the session, on the server too."""
        with self._lock:
            if self._session is not None:
                self._session.stop()
            self._session = None
            self._tails.clear()


def location(uri: str) -> str:
    """A file of the archive as a cluster opens it: never a pattern, and never on the cluster's default file system."""
    scheme, _, rest = uri.rpartition("://")
    return _SCHEMES.get(scheme, scheme) + "://" + _GLOB.sub(r"\\\1", rest)


def polars_frame(rows: pa.Table) -> pl.DataFrame:
    """The rows as this side computes with them."""
    frame = pl.from_arrow(rows)
    assert isinstance(frame, pl.DataFrame)
    return frame
