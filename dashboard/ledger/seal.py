"""Gives every recorded event its place in the log: seq, region, leaf; and the tree over the leaves its next root."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dashboard.errors import DamagedError
from dashboard.events.canonical import LeafInput, PlaceInput, leaf_hash, leaf_line
from dashboard.events.regions import NOWHERE, Place, Regions
from dashboard.ledger.tlog import EMPTY_ROOT, Frontier, Tile
from dashboard.record.sealing import Seal, Sealed, SealingRecord

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

    About 25 µs an event. Raises what `SealingRecord.sealing` raises; then nothing is sealed.
    """
    with record.sealing(limit, rebase=rebase) as seal:
        if seal is None:
            return Outcome(0, None, False)
        before = seal.tree_size
        frontier = _frontier(seal)
        tiles: list[Tile] = []
        for batch in seal.events:
            placed = list(_placed(batch, seal.tree_size, regions))
            seal.write(placed)
            tiles += frontier.append(b"".join(row.leaf for row in placed))
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


def _placed(batch: Sequence[LeafInput], seq: int, regions: Regions) -> Iterator[Sealed]:
    places = regions.places({event.source_ip for event in batch if event.source_ip is not None})
    salts = secrets.token_bytes(16 * len(batch)).hex()
    for k, event in enumerate(batch):
        where = _place_of(event, places)
        place = PlaceInput(where.region, where.country, where.geo_source, salts[32 * k : 32 * k + 32])
        leaf = leaf_hash(leaf_line(event, place))
        yield Sealed(seq + k, event.id, event.recorded_at, leaf, *place[:3], place_salt=salts[32 * k : 32 * k + 32])


def _place_of(event: LeafInput, places: dict[str, Place]) -> Place:
    """The region as the source reported it, when it did; else what the database says of the address."""
    looked_up = places.get(event.source_ip, NOWHERE) if event.source_ip is not None else NOWHERE
    if event.reported_region:
        return Place(event.reported_region, looked_up.country, REPORTED)
    return looked_up
