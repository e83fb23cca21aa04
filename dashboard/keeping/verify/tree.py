"""The tree from its leaves up: each stored tile, each root that was ever stated, by whomever."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from dashboard.keeping.verify.rows import tree_leaves
from dashboard.ledger.climb import Climb, TileRows
from dashboard.ledger.note import BadNote, Checkpoint
from dashboard.ledger.tlog import HASH_BYTES, TILE_BYTES, TILE_HEIGHT, TILE_WIDTH, Tile
from dashboard.record.tree import Head
from dashboard.record.verifying import VerifyRecord

CHUNK = TILE_WIDTH * TILE_WIDTH  # leaves under one tile of level 1
_MOST = 1000


class Source(StrEnum):
    """Who states a root."""

    SEAL = "seal"
    CHECKPOINT = "checkpoint"
    RECEIPT = "receipt"
    MEMORY = "memory"  # of the sealer, outside the database
    COPY = "copy"  # of a checkpoint, outside


@dataclass(frozen=True, slots=True)
class Statement:
    """A root that was stated for a tree of `size` leaves."""

    size: int
    source: Source
    root: bytes
    name: str  # which one of its source
    note: str | None = None  # its proof


@dataclass(frozen=True, slots=True)
class Torn:
    """A part of the stored tree that does not lead to what stands above it: over leaves first to last."""

    first: int
    last: int
    what: str
    is_rebuilt: bool = False  # the leaves beside the places lead there: what is stored was altered, they are genuine


@dataclass(slots=True)
class Heard:
    """What one source said: how far it agreed with the tree before it first did not, and what it said wrong."""

    agreed: int = 0  # the largest size at which it agreed before it disagreed
    largest: int = 0  # the largest size at which it agreed at all
    wrong: list[Statement] = field(default_factory=list)
    count: int = 0


class TreeCheck:
    """Climbs the tree of one state, chunk by chunk, and remembers what does not fit.

    With a `climb` it goes on where an earlier check ended, at `known` leaves; what that one saw counts as agreed.
    """

    def __init__(
        self,
        record: VerifyRecord,
        head: Head,
        outside: Iterable[Statement] = (),
        climb: Climb | None = None,
        known: int = 0,
    ) -> None:
        self._record, self._head = record, head
        self._outside = sorted(outside, key=_by_size)
        self._edges = record.edges()
        self.climb = climb or Climb()
        self._known = known
        start = self.climb.tiles * TILE_WIDTH
        self.torn: list[Torn] = []
        self.heard = {source: Heard(agreed=start, largest=start) for source in Source}
        self.root = self.climb.root()  # at the size that was reached
        self.by_places: set[int] = set()  # tiles whose leaves were taken from beside the places

    def run(self) -> "TreeCheck":
        """Climbs to the top. About 1 µs a leaf and 15 µs a root."""
        return self.advance(self._head.tree_size)

    def advance(self, stop: int) -> "TreeCheck":
        """Climbs on to a size: the whole tree's, or a multiple of 256 below it."""
        start = self.climb.tiles * TILE_WIDTH
        if not start:
            for statement in self._outside:
                if statement.size == 0:
                    self._hear(statement, self.climb.root())
        while start < stop:
            end = min(start - start % CHUNK + CHUNK, stop)
            self._chunk(start, end)
            start = end
        if stop % TILE_WIDTH == 0:
            self.root = self.climb.root()
        if stop == self._head.tree_size:
            self._check_edges()
        return self

    def _chunk(self, start: int, stop: int) -> None:
        leaves = tree_leaves(self._record, start, stop)
        above = self._above(start)
        statements = self._statements(start, stop)
        for tile in range(start // TILE_WIDTH, (stop + TILE_WIDTH - 1) // TILE_WIDTH):
            at = (tile * TILE_WIDTH - start) * HASH_BYTES
            hashes = leaves[at : at + TILE_BYTES]
            if len(hashes) == TILE_BYTES:
                self._full(tile, hashes, above.get(tile), statements)
            else:
                self._last(tile, hashes, statements)

    def _above(self, start: int) -> dict[int, bytes]:
        """For each full tile of a chunk the hash that is stored above it."""
        number = start // TILE_WIDTH // TILE_WIDTH
        stored = self._record.tiles(1, number, number + 1).get(number)
        hashes = self._edges.get(1, b"") if stored is None else stored
        first = number * TILE_WIDTH
        return {first + k // HASH_BYTES: hashes[k : k + HASH_BYTES] for k in range(0, len(hashes), HASH_BYTES)}

    def _full(self, tile: int, hashes: bytes, above: bytes | None, due: deque[Statement]) -> None:
        rows = TileRows(hashes)
        if rows.root != above:
            rows = self._rebuilt(tile, rows, above)
        self._listen(due, tile, rows, up_to=(tile + 1) * TILE_WIDTH - 1)
        for completed in self.climb.push(rows.root):
            self._check_tile(completed)
        self._listen(due, tile + 1, None, up_to=(tile + 1) * TILE_WIDTH)

    def _rebuilt(self, tile: int, rows: TileRows, above: bytes | None) -> TileRows:
        """Decides between the leaves in a tile and those beside the places."""
        first, last = tile * TILE_WIDTH, (tile + 1) * TILE_WIDTH - 1
        beside = self._record.leaves(first, last + 1)
        if len(beside) == TILE_WIDTH:
            other = TileRows(b"".join(beside.values()))
            if other.root == above:
                self.by_places.add(tile)
                self.torn.append(Torn(first, last, f"tile 0/{tile}", is_rebuilt=True))
                return other
        self.torn.append(Torn(first, last, f"the hash over tile 0/{tile}"))
        return rows

    def _last(self, tile: int, hashes: bytes, due: deque[Statement]) -> None:
        """The leaves that fill no tile: the newest root decides which are the right ones."""
        rows, width = TileRows(hashes), len(hashes) // HASH_BYTES
        self.root = self.climb.root(rows.peaks(width))
        if self.root != self._head.root:
            beside = self._record.leaves(tile * TILE_WIDTH, tile * TILE_WIDTH + width)
            other = TileRows(b"".join(beside.values()))
            if len(beside) == width and self.climb.root(other.peaks(width)) == self._head.root:
                rows, self.root = other, self._head.root
                self.by_places.add(tile)
                last = tile * TILE_WIDTH + width - 1
                self.torn.append(Torn(tile * TILE_WIDTH, last, "the tree's edge of level 0", is_rebuilt=True))
        self._listen(due, tile, rows, up_to=(tile + 1) * TILE_WIDTH)

    def _statements(self, start: int, stop: int) -> deque[Statement]:
        record = self._record
        found = [Statement(m.size, Source.SEAL, m.root, str(m.number)) for m in record.seals(start, stop)]
        found += [Statement(m.size, Source.RECEIPT, m.root, str(m.number)) for m in record.receipts(start, stop)]
        found += [
            Statement(size, Source.CHECKPOINT, stated_root(note), str(number), note)
            for number, size, note in record.checkpoints(start, stop)
        ]
        found += [statement for statement in self._outside if start < statement.size <= stop]
        return deque(sorted(found, key=_by_size))

    def _listen(self, due: deque[Statement], tile: int, rows: TileRows | None, *, up_to: int) -> None:
        """Compares what was stated of sizes up to here."""
        while due and due[0].size <= up_to:
            width = due[0].size - tile * TILE_WIDTH
            root = self.climb.root(rows.peaks(width) if rows else ())
            while due and due[0].size - tile * TILE_WIDTH == width:
                self._hear(due.popleft(), root)

    def _hear(self, statement: Statement, root: bytes) -> None:
        heard = self.heard[statement.source]
        heard.count += statement.size > self._known
        if statement.root == root:
            heard.largest = max(heard.largest, statement.size)
            if not heard.wrong:
                heard.agreed = max(heard.agreed, statement.size)
        elif len(heard.wrong) < _MOST:
            heard.wrong.append(statement)

    def _check_tile(self, tile: Tile) -> None:
        stored = self._record.tiles(tile.level, tile.number, tile.number + 1).get(tile.number)
        if stored is None:
            span = TILE_WIDTH << (TILE_HEIGHT * tile.level)
            self.torn.append(Torn(tile.number * span, (tile.number + 1) * span - 1, f"tile {tile.level}/{tile.number}"))
        elif tile.level > 1:  # level 1 was compared hash by hash
            self._compare(tile.level, tile.number, tile.hashes, stored)

    def _compare(self, level: int, number: int, found: bytes, stored: bytes) -> None:
        span = 1 << (TILE_HEIGHT * level)
        for at in range(0, max(len(found), len(stored)), HASH_BYTES):
            if found[at : at + HASH_BYTES] != stored[at : at + HASH_BYTES]:
                first = (number * TILE_WIDTH + at // HASH_BYTES) * span
                last = min(first + span, self._head.tree_size) - 1
                if all((torn.first, torn.last) != (first, last) for torn in self.torn):
                    self.torn.append(Torn(first, last, f"a hash in tile {level}/{number}"))

    def _check_edges(self) -> None:
        size = self._head.tree_size
        expected = dict(enumerate(self.climb.edges, start=1))
        for level in sorted((expected.keys() | self._edges.keys()) - {0}):
            stored, found = self._edges.get(level, b""), expected.get(level, b"")
            if stored != found:
                self._compare(level, size >> (TILE_HEIGHT * (level + 1)), found, stored)
        if len(self._edges.get(0, b"")) != size % TILE_WIDTH * HASH_BYTES:
            self.torn.append(Torn(size - size % TILE_WIDTH, size - 1, "the tree's edge of level 0"))
        for level, (count, last) in self._record.tile_counts().items():
            tiles = size >> (TILE_HEIGHT * (level + 1))
            if last >= tiles or count > tiles:
                self.torn.append(Torn(size, size, f"tiles of level {level} beyond the tree"))


def _by_size(statement: Statement) -> int:
    return statement.size


def stated_root(note: str) -> bytes:
    """The root that a note states, whoever signed it; empty when it states none."""
    try:
        return Checkpoint.parse(note.partition("\n\n")[0] + "\n").root
    except BadNote:
        return b""
