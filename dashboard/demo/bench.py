"""Writes an archive for benchmarks: up to 100 million events in the archive's own format, with no record behind them.

The tables are those of `archive.table`, so what reads an archive reads this one; their log is called "bench", as no
database is, so no server takes them for a log of its own. Events a month stay the same; days grow with N.
"""

import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from deltalake import CommitProperties, DeltaTable, Transaction
from deltalake.transaction import AddAction, RemoveAction

from dashboard.archive import files
from dashboard.archive.held import DEFAULT_HELD_BYTES, Held
from dashboard.archive.snapshot import Piece, Snapshot
from dashboard.archive.storage import Storage
from dashboard.archive.table import LOG_ID, MIRROR, ArchiveTable
from dashboard.demo import places, proof_columns, stream
from dashboard.demo.chance import Ints, Keys, key, uniform
from dashboard.demo.readable import readable
from dashboard.demo.rows import Rows
from dashboard.demo.stream import Plan
from dashboard.errors import UsageError
from dashboard.events.columns import SCHEMA, TIME
from dashboard.events.vocabulary import Outcome
from dashboard.record.read import EVIDENCE_SCHEMA

BENCH_LOG_ID = "bench"
DESCRIPTION = "UNRECORDED: made-up events for benchmarks; no record, no ledger and no signature stands behind them."
DEFAULT_EVENTS, MOST_EVENTS = 10_000_000, 100_000_000
EVENTS_A_MONTH, MONTH_DAYS = 250_000, 30
_SPARE = 1.05  # so much more than needed is made of each month, and cut down to the exact number
_FIRST_ID = 1_000_000
RETIRED = "Migration"
"""A category whose feature is gone: its last event is a year old, and its newest page lies that deep in the log."""
_RETIRED_FOR = timedelta(days=365)
_RETIRED_ONE_IN = 1_024
_TABLES: Mapping[str, Mapping[str, Any]] = {"events": SCHEMA, "evidence": EVIDENCE_SCHEMA}


@dataclass(frozen=True, slots=True)
class Month:
    """One file's worth: thirty days that end with day `last`, and the events' places in the log."""

    number: int
    last_day: int
    first_seq: int
    events: int


@dataclass(frozen=True, slots=True)
class Written:
    """What a bench run made."""

    events: int
    seconds: float
    location: Path


def write(
    location: Path,
    *,
    events: int,
    seed: int,
    real_leaves: bool = False,
    now: datetime | None = None,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> Written:
    """Writes exactly `events` events that end now into the new folder `location`, a month a file, on all processors.

    Leaves and salts are noise of the right size, or with `real_leaves` the events' own, at a third of the speed.
    Raises UsageError when the folder holds something already.
    """
    if not 1 <= events <= MOST_EVENTS:
        raise UsageError(f"A benchmark archive holds 1 to {MOST_EVENTS:,} events.")
    if location.exists() and any(location.iterdir()):
        raise UsageError(
            f"{location} holds something already.", "Remove it first, or set AUDITLENS_HOME to a new folder."
        )
    began = time.monotonic()
    now = (now or datetime.now(UTC)).astimezone(UTC)
    plan = _plan(seed, now)
    for table in _TABLES:
        (location / table).mkdir(parents=True)
    added: dict[str, list[AddAction | RemoveAction]] = {table: [] for table in _TABLES}
    # spawned, not forked: a fork of a process in which Polars has threads can hang
    with ProcessPoolExecutor(
        workers or os.cpu_count(), mp_context=get_context("spawn"), initializer=_one_thread
    ) as pool:
        running = [pool.submit(_write_month, location, plan, now, month, real_leaves) for month in months(events, now)]
        for done in as_completed(running):
            month, written = done.result()
            for table, action in written.items():
                added[table].append(action)
            if progress is not None:
                progress(month.events)
    for table, schema in _TABLES.items():
        _commit(location / table, schema, added[table], events)
    return Written(events, time.monotonic() - began, location)


def snapshot(location: Path) -> Snapshot:
    """The benchmark archive as one state to ask questions of."""
    table = ArchiveTable(str(location), "events", SCHEMA, BENCH_LOG_ID)
    table.refresh()
    pieces = tuple(Piece(part, table.scan_file(part.uri)) for part in table.parts())
    held = Held(DEFAULT_HELD_BYTES)
    return Snapshot(as_of=table.watermark, events=table.scan(), pieces=pieces, held=held)


def months(events: int, now: datetime) -> list[Month]:
    """The months of N events, oldest first; the oldest one may be a part of a month."""
    count = -(-events // EVENTS_A_MONTH)
    sizes = [events - (count - 1) * EVENTS_A_MONTH] + [EVENTS_A_MONTH] * (count - 1)
    starts = [0, *accumulate(sizes)]
    today = (now - datetime(1970, 1, 1, tzinfo=UTC)).days
    return [Month(n, today - MONTH_DAYS * (count - 1 - n), starts[n], size) for n, size in enumerate(sizes)]


def _plan(seed: int, now: datetime) -> Plan:
    """A plan that makes a little more than a month's events in each month."""
    wanted = round(EVENTS_A_MONTH * _SPARE)
    plan = stream.plan(events=wanted, days=MONTH_DAYS, seed=seed, now=now)
    return replace(plan, start=datetime(1970, 1, 1, tzinfo=UTC))


def _one_thread() -> None:
    os.environ["POLARS_MAX_THREADS"] = "1"


def _write_month(
    location: Path, plan: Plan, now: datetime, month: Month, real_leaves: bool
) -> tuple[Month, dict[str, AddAction]]:
    add_proofs = proof_columns.real if real_leaves else proof_columns.made_up
    told = add_proofs(month_frame(plan, now, month), seed=plan.seed)
    name = f"part-{month.number:05d}.parquet"
    written = {}
    for table, schema in _TABLES.items():
        part = told.select(*schema).sort(*files.order_of(schema))
        written[table] = files.write_named(name, part, Storage.at(str(location / table)), data_change=True)
    return month, written


def month_frame(plan: Plan, now: datetime, month: Month) -> pl.DataFrame:
    """The month's events with the columns of `events.columns.SCHEMA`, in the order of `seq`."""
    days = np.arange(month.last_day - MONTH_DAYS + 1, month.last_day + 1, dtype=np.int64)
    limit = (now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    busier = plan
    while len(found := _until(stream.rows_of_days(busier, days), limit)) < month.events:
        busier = replace(busier, rate=busier.rate * 1.2)  # a month of holidays
    kept = np.argpartition(found.key, month.events - 1)[: month.events]
    found = found.where(kept[np.lexsort((found.key[kept], found.at[kept]))])
    told = readable(stream.account_of(plan), found, first_seq=month.first_seq + 1, source=stream.SOURCE)
    table = _with_retired(told, found.key, now)
    seq = pl.int_range(month.first_seq, month.first_seq + month.events, dtype=pl.Int64)
    delay = pl.Series((40_000 + 900_000 * uniform(key(found.key), 0)).astype(np.int64)).cast(pl.Duration("us"))
    known = {
        "seq": seq,
        "id": seq + _FIRST_ID,
        "recorded_at": (pl.col("occurred_at") + delay).cast(TIME),
        **_regions(found.address),
        "geo_source": pl.when(pl.col("source_ip").is_not_null()).then(pl.lit("DBIP-City-Lite 2023-04-01")),
        "db_role": pl.lit("bench"),
        "imported": pl.lit(value=False),
    }
    columns = {**known, **{name: pl.col(name) for name in table.columns}}
    return table.select(columns.get(name, pl.lit(None)).cast(dtype).alias(name) for name, dtype in SCHEMA.items())


def _with_retired(told: pl.DataFrame, keys: Keys, now: datetime) -> pl.DataFrame:
    """The same events, some of them of the retired feature as long as there was one."""
    chosen = pl.Series(key(keys, 1) % _RETIRED_ONE_IN == 0) & (told["occurred_at"] < now - _RETIRED_FOR)
    words = {
        "category": pl.lit(RETIRED),
        "action": pl.lit("Repository Migrated"),
        "outcome": pl.lit(Outcome.SUCCESS.value),
        "description": pl.concat_str(pl.lit("Moved to the new format: "), pl.col("target").fill_null("settings")),
    }
    return told.with_columns(pl.when(chosen).then(word).otherwise(name).alias(name) for name, word in words.items())


def _until(found: Rows, limit: int) -> Rows:
    return found.where(found.at < limit)


def _regions(addresses: Ints) -> dict[str, pl.Expr]:
    where = places.whereabouts(addresses)
    index = pl.Series(np.where(where < 0, len(places.ALL), where))
    words = {
        "region": [network.region for network in places.ALL],
        "country": [network.country for network in places.ALL],
    }
    return {name: pl.lit(pl.Series([*texts, None]).gather(index)) for name, texts in words.items()}


def _commit(path: Path, schema: Mapping[str, Any], added: list[AddAction | RemoveAction], events: int) -> None:
    arrow = pl.DataFrame(schema=dict(schema)).to_arrow(compat_level=pl.CompatLevel.oldest()).schema
    table = DeltaTable.create(
        str(path),
        arrow,
        name=f"auditlens_{path.name}",
        description=DESCRIPTION,
        configuration={"delta.appendOnly": "true", LOG_ID: BENCH_LOG_ID},
        raise_if_key_not_exists=False,
    )
    table.create_write_transaction(
        added,
        "append",
        table.schema(),
        commit_properties=CommitProperties(app_transactions=[Transaction(MIRROR, events)]),
    )
