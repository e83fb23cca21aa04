"""Gives every recorded event its place in the log: seq, region, leaf; and the tree over the leaves its next root."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass

import polars as pl

from dashboard.errors import DamagedError
from dashboard.events.regions import NOWHERE, Place, Regions
from dashboard.ledger.leaves import UNKNOWN, leaf_hashes
from dashboard.ledger.tlog import EMPTY_ROOT, Frontier, Tile
from dashboard.record.sealing import Seal, SealingRecord

BACKLOG_LIMIT = 200_000
REPORTED = "reported"
_ASK_VERIFY = "Somebody wrote to the tree besides the sealer. Stop writing, and keep a copy of the database."


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one seal did. `more`: a backlog was cut, seal again at once."""

    events: int
    tree_size: int | None
    more: bool


def seal_once(record: SealingRecord, regions: Regions, *, limit: int = BACKLOG_LIMIT, rebase: bool = False) -> Outcome:
    """Seals what was committed since the last seal, in one transaction; nothing is done when another sealer is at work.

    About 15 µs an event. Raises what `SealingRecord.sealing` raises; then nothing is sealed.
    """
    with record.sealing(limit, rebase=rebase) as seal:
        if seal is None:
            return Outcome(0, None, False)
        before = seal.tree_size
        frontier = _frontier(seal)
        tiles: list[Tile] = []
        for batch in seal.events:
            placed, leaves = _placed(batch, seal.tree_size, regions)
            seal.write(placed)
            tiles += frontier.append(b"".join(leaves))
        seal.write_tree(((tile.level, tile.number, tile.hashes) for tile in tiles), frontier.edges, frontier.root())
        return Outcome(seal.tree_size - before, seal.tree_size, seal.more)


def _frontier(seal: Seal) -> Frontier:
    """The tree's right end as the last seal left it. Raises DamagedError unless it leads to the root sealed then."""
    try:
        frontier = Frontier(seal.tree_size, seal.edges())
    except ValueError as wrong:
        raise DamagedError(f"The stored edge of the tree is damaged: {wrong}.", _ASK_VERIFY) from wrong
    if frontier.root() != (seal.root or EMPTY_ROOT):
        raise DamagedError(
            f"The stored edge of the tree of {seal.tree_size:,} leaves does not lead to its sealed root.", _ASK_VERIFY
        )
    return frontier


def _placed(events: pl.DataFrame, seq: int, regions: Regions) -> tuple[pl.DataFrame, list[bytes]]:
    """The places of a batch from `seq` on, and their leaves."""
    salts = secrets.token_bytes(16 * events.height).hex()
    placed = events.with_columns(
        *_regions(events, regions),
        pl.Series("place_salt", [salts[k : k + 32] for k in range(0, len(salts), 32)], dtype=pl.String),
    )
    leaves = leaf_hashes(placed)
    if UNKNOWN in leaves:
        raise DamagedError(
            f"The event {events['id'][leaves.index(UNKNOWN)]} lacks a salt before it was sealed.", _ASK_VERIFY
        )
    rows = placed.select(
        pl.int_range(seq, seq + events.height).alias("seq"),
        pl.col("id").alias("event_id"),
        "recorded_at",
        pl.Series("leaf", [leaf.hex() for leaf in leaves]),
        "region", "country", "geo_source", "place_salt",
    )  # fmt: skip
    return rows, leaves


def _regions(events: pl.DataFrame, regions: Regions) -> Iterator[pl.Series]:
    """Region, country and where they are from: as the source reported it, when it did; else what the database says."""
    known = regions.places(set(events["source_ip"].drop_nulls().unique()))
    told = events.select("source_ip", "reported_region").iter_rows()
    where = [_place_of(source_ip, reported, known) for source_ip, reported in told]
    yield pl.Series("region", [place.region for place in where], dtype=pl.String)
    yield pl.Series("country", [place.country for place in where], dtype=pl.String)
    yield pl.Series("geo_source", [place.geo_source for place in where], dtype=pl.String)


def _place_of(source_ip: str | None, reported: str | None, known: dict[str, Place]) -> Place:
    looked_up = known.get(source_ip, NOWHERE) if source_ip is not None else NOWHERE
    return Place(reported, looked_up.country, REPORTED) if reported else looked_up
