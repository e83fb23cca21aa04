"""The tree once more, from its leaves up: tile by tile, with the root at any size on the way for some 25 hashes.

`tlog.Frontier` grows a tree and needs its root once; here the same leaves are climbed again to compare each stored tile
and each root that was ever sealed.
"""

from collections.abc import Sequence
from typing import Self

from dashboard.ledger.tlog import EMPTY_ROOT, HASH_BYTES, TILE_BYTES, TILE_HEIGHT, TILE_WIDTH, Tile, node_hash, parents


class TileRows:
    """A tile's hashes and the rows above them within it, each a hash for each two below."""

    def __init__(self, hashes: bytes) -> None:
        self._rows = [hashes]
        while len(self._rows[-1]) >= 2 * HASH_BYTES:
            self._rows.append(parents(self._rows[-1]))

    @property
    def root(self) -> bytes:
        """The hash of the whole tile, which stands on the next level. Of a full tile only."""
        return self._rows[TILE_HEIGHT]

    def peaks(self, width: int) -> list[bytes]:
        """The perfect subtrees over the first `width` hashes, fewer than 256, the largest first."""
        found, start = [], 0
        for height in range(TILE_HEIGHT - 1, -1, -1):
            if width >> height & 1:
                at = (start >> height) * HASH_BYTES
                found.append(self._rows[height][at : at + HASH_BYTES])
                start += 1 << height
        return found


class Climb:
    """A tree over full tiles of leaves, climbed from the first on: its peaks, and the edge of each level above them."""

    def __init__(self) -> None:
        self.tiles = 0  # full tiles of leaves so far
        self._peaks: list[bytes] = []
        self._edges: list[bytearray] = []

    @classmethod
    def of(cls, tiles: int, edges: Sequence[bytes]) -> Self:
        """Takes up where others stopped: `edges` are the hashes of levels 1, 2, … that fill no tile after `tiles` full
        tiles of leaves. Raises ValueError when they are not so many.
        """
        made = cls()
        made.tiles = tiles
        made._edges = [bytearray(edge) for edge in edges]
        for level, edge in enumerate(edges):
            if len(edge) != (tiles >> (TILE_HEIGHT * level)) % TILE_WIDTH * HASH_BYTES:
                raise ValueError(f"the edge of level {level + 1} does not belong to {tiles} tiles")
        if tiles >> (TILE_HEIGHT * len(edges)):
            raise ValueError(f"{tiles} tiles have more levels than {len(edges)}")
        for edge in reversed(edges):
            made._peaks += TileRows(edge).peaks(len(edge) // HASH_BYTES)
        return made

    @property
    def edges(self) -> tuple[bytes, ...]:
        """What fills no tile yet on levels 1, 2, …"""
        return tuple(bytes(edge) for edge in self._edges)

    def push(self, root: bytes) -> list[Tile]:
        """Adds the root of the next full tile of leaves; gives the tiles of higher levels that it completed."""
        peak, count = root, self.tiles
        while count & 1:
            peak, count = node_hash(self._peaks.pop(), peak), count >> 1
        self._peaks.append(peak)
        self.tiles += 1
        return self._complete(root)

    def _complete(self, root: bytes) -> list[Tile]:
        completed: list[Tile] = []
        level = 1
        while True:
            if level > len(self._edges):
                self._edges.append(bytearray())
            edge = self._edges[level - 1]
            edge += root
            if len(edge) < TILE_BYTES:
                return completed
            completed.append(Tile(level, (self.tiles >> (TILE_HEIGHT * level)) - 1, bytes(edge)))
            root = TileRows(bytes(edge)).root
            edge.clear()
            level += 1

    def root(self, rest: Sequence[bytes] = ()) -> bytes:
        """The root over all full tiles and the peaks of the one that follows."""
        peaks = [*self._peaks, *rest]
        if not peaks:
            return EMPTY_ROOT
        found = peaks[-1]
        for peak in reversed(peaks[:-1]):
            found = node_hash(peak, found)
        return found
