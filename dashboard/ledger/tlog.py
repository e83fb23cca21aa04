"""The Merkle tree of RFC 6962 over a log's leaves, kept as tiles (C2SP tlog-tiles): 256 hashes wide, 8 levels high.

A tree grows at its right end only, so a full tile never changes. `Frontier` is that right end: what is needed to
append. `Tiles` computes the root of any earlier size and the two proofs from stored tiles; `check_inclusion` and
`check_consistency` need a proof and nothing else. A proof has at most 1 + log2(size) hashes.

    >>> leaves = [leaf_hash(text) for text in (b"a", b"b", b"c")]
    >>> frontier = Frontier()
    >>> frontier.append(b"".join(leaves))
    []
    >>> tiles = Tiles(lambda level, number, width: frontier.edge(level), 3)
    >>> check_inclusion(1, 3, leaves[1], tiles.prove_inclusion(1, 3), frontier.root())
    True
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
TILE_BYTES = TILE_WIDTH * HASH_BYTES
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """RFC 6962's leaf hash."""
    return hashlib.sha256(b"\0" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """RFC 6962's hash of an inner node."""
    return hashlib.sha256(b"\1" + left + right).digest()


def parents(hashes: bytes) -> bytes:
    """The level above: one hash for each two; an odd last one has no parent yet."""
    sha256, pair = hashlib.sha256, 2 * HASH_BYTES
    whole = len(hashes) // pair * pair
    return b"".join([sha256(b"\1" + hashes[i : i + pair]).digest() for i in range(0, whole, pair)])


def _perfect_root(hashes: bytes) -> bytes:
    """The root over 2^k hashes."""
    while len(hashes) > HASH_BYTES:
        hashes = parents(hashes)
    return hashes


def _folded(peaks: Sequence[bytes]) -> bytes:
    """The root over perfect subtrees, the largest first."""
    root = peaks[-1]
    for peak in reversed(peaks[:-1]):
        root = node_hash(peak, root)
    return root


@dataclass(frozen=True, slots=True)
class Tile:
    """A full tile: the 256 hashes from `256 * number` on of tile level `level` (level 0: leaves)."""

    level: int
    number: int
    hashes: bytes


class Frontier:
    """The right end of a tree: on each tile level the hashes that fill no tile yet, fewer than 256."""

    def __init__(self, size: int = 0, edges: Iterable[bytes] = ()) -> None:
        """Continues a tree of `size` leaves. Raises ValueError unless `edges` are that tree's, level by level."""
        self.size = size
        self._edges = [bytearray(edge) for edge in edges]
        for level, edge in enumerate(self._edges):
            if len(edge) != (size >> (TILE_HEIGHT * level)) % TILE_WIDTH * HASH_BYTES:
                raise ValueError(f"the edge of level {level} does not belong to a tree of {size} leaves")
        if size >> (TILE_HEIGHT * len(self._edges)):
            raise ValueError(f"a tree of {size} leaves has more levels than {len(self._edges)}")

    @property
    def edges(self) -> tuple[bytes, ...]:
        """What to keep in order to continue, level by level."""
        return tuple(bytes(edge) for edge in self._edges)

    def edge(self, level: int) -> bytes:
        """The hashes of one level that fill no tile yet."""
        return bytes(self._edges[level])

    def append(self, leaves: bytes) -> list[Tile]:
        """Appends leaf hashes, 32 bytes each, and gives the tiles that they completed. About 1 µs a leaf."""
        if len(leaves) % HASH_BYTES:
            raise ValueError("a hash has 32 bytes")
        self.size += len(leaves) // HASH_BYTES
        completed: list[Tile] = []
        level, hashes = 0, leaves
        while hashes:
            hashes = self._push(level, hashes, completed)
            level += 1
        return completed

    def _push(self, level: int, hashes: bytes, completed: list[Tile]) -> bytes:
        """Adds hashes to a level and gives the roots of its new full tiles, which belong on the next."""
        if level == len(self._edges):
            self._edges.append(bytearray())
        edge = self._edges[level]
        edge += hashes
        full = len(edge) // TILE_BYTES
        first = (self.size >> (TILE_HEIGHT * (level + 1))) - full
        tiles = [Tile(level, first + k, bytes(edge[k * TILE_BYTES : (k + 1) * TILE_BYTES])) for k in range(full)]
        del edge[: full * TILE_BYTES]
        completed += tiles
        return b"".join(_perfect_root(tile.hashes) for tile in tiles)

    def root(self) -> bytes:
        """The root hash of the whole tree."""
        peaks = []
        for edge in reversed(self._edges):
            start, left = 0, len(edge) // HASH_BYTES
            while left:
                width = 1 << (left.bit_length() - 1)
                peaks.append(_perfect_root(bytes(edge[start * HASH_BYTES : (start + width) * HASH_BYTES])))
                start, left = start + width, left - width
        return _folded(peaks) if peaks else EMPTY_ROOT


ReadTile = Callable[[int, int, int], bytes]
"""(level, number, width) -> the first `width` hashes of that tile, or more of them."""


class Tiles:
    """Roots and proofs of a tree of up to `size` leaves, from its tiles. Keeps the tiles it has read."""

    def __init__(self, read: ReadTile, size: int) -> None:
        self._read = read
        self.size = size
        self._known: dict[tuple[int, int], list[bytes]] = {}

    def root(self, size: int) -> bytes:
        """The root hash when the tree had `size` leaves."""
        self._check(size)
        return self._root_of(0, size)

    def leaf(self, index: int) -> bytes:
        """The leaf hash at an index."""
        self._check(index + 1)
        return self._node(0, index)

    def prove_inclusion(self, index: int, size: int) -> list[bytes]:
        """What shows that the leaf at `index` is in the tree of `size` leaves (RFC 6962: a Merkle audit path)."""
        self._check(size)
        if not 0 <= index < size:
            raise ValueError(f"there is no leaf {index} in a tree of {size}")
        low, high, path = 0, size, []
        while high - low > 1:
            middle = low + _split(high - low)
            if index < middle:
                path.append(self._root_of(middle, high))
                high = middle
            else:
                path.append(self._root_of(low, middle))
                low = middle
        return path[::-1]

    def prove_consistency(self, old: int, new: int) -> list[bytes]:
        """What shows that the tree of `new` leaves only appended to that of `old` (RFC 6962: a consistency proof)."""
        self._check(new)
        if not 0 <= old <= new:
            raise ValueError(f"a tree of {old} leaves is not older than one of {new}")
        if old in (0, new):
            return []
        low, high, path, whole = 0, new, [], True
        while old != high:
            middle = low + _split(high - low)
            if old <= middle:
                path.append(self._root_of(middle, high))
                high = middle
            else:
                path.append(self._root_of(low, middle))
                low, whole = middle, False
        if not whole:
            path.append(self._root_of(low, high))
        return path[::-1]

    def _check(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise ValueError(f"the tiles hold {self.size} leaves, not {size}")

    def _root_of(self, low: int, high: int) -> bytes:
        """The root over the leaves low to high; `low` is a multiple of the largest power of two in the range."""
        peaks = []
        while low < high:
            height = (high - low).bit_length() - 1
            peaks.append(self._node(height, low >> height))
            low += 1 << height
        return _folded(peaks) if peaks else EMPTY_ROOT

    def _node(self, height: int, index: int) -> bytes:
        """The root of the perfect subtree of 2^height leaves at `index`."""
        level, rows = divmod(height, TILE_HEIGHT)
        number, place = divmod(index, TILE_WIDTH >> rows)
        row = self._rows(level, number)[rows]
        return row[place * HASH_BYTES : (place + 1) * HASH_BYTES]

    def _rows(self, level: int, number: int) -> list[bytes]:
        """A tile's hashes and the levels above them within the tile."""
        if (level, number) not in self._known:
            width = min(TILE_WIDTH, (self.size >> (TILE_HEIGHT * level)) - number * TILE_WIDTH)
            hashes = self._read(level, number, width)
            if len(hashes) < width * HASH_BYTES:
                raise ValueError(f"tile {level}/{number} holds {len(hashes) // HASH_BYTES} hashes of {width}")
            rows = [hashes[: width * HASH_BYTES]]
            while len(rows[-1]) >= 2 * HASH_BYTES:
                rows.append(parents(rows[-1]))
            self._known[level, number] = rows
        return self._known[level, number]


def _split(size: int) -> int:
    """The largest power of two below `size` (2 or more): how many leaves the left subtree has."""
    return 1 << ((size - 1).bit_length() - 1)


def check_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes], root: bytes) -> bool:
    """Whether the proof shows that `leaf` stands at `index` in the tree of `size` leaves with this root. At most 1 +
    log2 n hashes.
    """
    return root_of_inclusion(index, size, leaf, path) == root


def root_of_inclusion(index: int, size: int, leaf: bytes, path: Sequence[bytes]) -> bytes | None:
    """The root that an inclusion proof leads to (RFC 9162 2.1.3.2); None when it has not the form of one."""
    if not 0 <= index < size or not _are_hashes([leaf, *path]):
        return None
    inner = (index ^ (size - 1)).bit_length()
    if len(path) != inner + (index >> inner).bit_count():
        return None
    found = leaf
    for height, sibling in enumerate(path):
        at_the_right = height >= inner or index >> height & 1
        found = node_hash(sibling, found) if at_the_right else node_hash(found, sibling)
    return found


def check_consistency(old: int, new: int, path: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether the proof shows that the tree of `new` leaves extends the one of `old` (RFC 9162 2.1.4.2).

    Every tree extends the empty one, whose root is EMPTY_ROOT.
    """
    if not 0 <= old <= new or not _are_hashes([old_root, new_root, *path]):
        return False
    if old in (0, new):
        return not path and old_root == (EMPTY_ROOT if old == 0 else new_root)
    shift = (old & -old).bit_length() - 1  # the height of the subtree that ends both trees' common part
    rest = list(path) if old == 1 << shift else list(path[1:])
    seed = old_root if old == 1 << shift else next(iter(path), b"")
    mask = (old - 1) >> shift
    inner = ((old - 1) ^ (new - 1)).bit_length() - shift
    if not seed or len(rest) != inner + (mask >> inner).bit_count():
        return False
    old_found = new_found = seed
    for height, sibling in enumerate(rest):
        if height >= inner or mask >> height & 1:
            old_found, new_found = node_hash(sibling, old_found), node_hash(sibling, new_found)
        else:
            new_found = node_hash(new_found, sibling)
    return old_found == old_root and new_found == new_root


def _are_hashes(values: Sequence[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
