"""How a store of checkpoints is laid out: a folder, a branch or a bucket that anyone can read with other tools.

    checkpoint                                     the newest note
    checkpoints/00000000000000109482-b05a1d57      each note: tree size, first 8 hex digits of the root
    tile/0/x001/067, tile/1/016.p/17               with `tiles=1`: the tree, as C2SP tlog-tiles lays it out

A tree that began anew after a restore (`auditlens/ID/2`) has the same below its number: `2/checkpoints/…`. Nothing is
ever overwritten but `checkpoint`, and that only by a tree at least as large.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from dashboard.ledger.note import BadNote, Checkpoint, parts_of
from dashboard.ledger.sinks.sending import ContradictionError, Sending, same_log
from dashboard.ledger.tlog import HASH_BYTES, TILE_HEIGHT, TILE_WIDTH, ReadTile, check_consistency

_STEP_LEAVES = 4096  # tiles are sent in steps of so many leaves ...
_KEEP = "One of the two was rewritten. Keep both, and run `auditlens verify --full`."
_TILES_S = 5.0  # ... for about so long in one round; the rest follows in the next

ReadFile = Callable[[str], bytes | None]
"""path -> what is there, or None."""

AddFile = Callable[[str, bytes], bytes | None]
"""(path, content) -> None when just that is there now; else what is there instead, untouched."""


class Tile(NamedTuple):
    """A tile, full or partial."""

    level: int
    number: int
    width: int

    @property
    def path(self) -> str:
        """Its path (C2SP tlog-tiles)."""
        digits = f"{self.number:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[k : k + 3] for k in range(0, len(digits), 3)]
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return f"tile/{self.level}/" + "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]]) + partial

    @property
    def partials(self) -> str:
        """The folder of its narrower forms, of no use once it is full."""
        return f"{Tile(self.level, self.number, TILE_WIDTH).path}.p"


def prefix_of(origin: str) -> str:
    """Where the files of a tree begin: at the top for a log's first tree, else below its number."""
    later = origin.split("/")[2:]
    return f"{'-'.join(later)}/" if later else ""


def checkpoint_path(checkpoint: Checkpoint, *, between: str = "") -> str:
    """The path of a checkpoint's file; `between` are folders within `checkpoints/`."""
    return f"{prefix_of(checkpoint.origin)}checkpoints/{between}{checkpoint.size:020d}-{checkpoint.root.hex()[:8]}"


def is_note_path(path: str) -> bool:
    """Whether a path is one of a checkpoint's file, or of a folder that holds some."""
    folders, _, name = path.rpartition("/")
    return name == "checkpoint" or "checkpoints" in folders.split("/")[:2]


def size_in_path(path: str) -> int:
    """The tree size that a checkpoint's path tells; 0 when it tells none."""
    digits = path.rpartition("/")[2].partition("-")[0]
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 20 else 0


def read_checkpoint(note: str) -> Checkpoint | None:
    """The checkpoint of a note, unchecked; None when it holds none."""
    try:
        return Checkpoint.parse(parts_of(note)[0])
    except BadNote:
        return None


def size_of_note(note: str) -> int:
    """The tree size that a note tells, unchecked; 0 when it tells none."""
    found = read_checkpoint(note)
    return found.size if found is not None else 0


def keep_checkpoint(place: str, sending: Sending, add: AddFile, *, between: str = "") -> str:
    """Adds the file of a checkpoint and gives its path; the same checkpoint with other signatures gets one beside it.

    Raises ContradictionError when the name is taken by something else.
    """
    path, note = checkpoint_path(sending.checkpoint, between=between), sending.note.encode()
    found = add(path, note)
    if found is None:
        return path
    if read_checkpoint(found.decode("utf-8", "replace")) == sending.checkpoint:
        path = f"{path}-{hashlib.sha256(note).hexdigest()[:8]}"
        found = add(path, note)
    if found is None:
        return path
    raise ContradictionError(
        f"{place}: {path} is taken by something else than the checkpoint of {sending.checkpoint.size:,} leaves.",
        _KEEP,
    )


def check_newest(place: str, sending: Sending, found: bytes | None, read: ReadFile | None = None) -> bool:
    """Whether the newest note there should give way to this one.

    Raises ContradictionError when that is of another log, or this tree does not continue its tree; with `read`, which
    reads the tiles there, the error says from which leaf on.
    """
    theirs, ours = read_checkpoint((found or b"").decode("utf-8", "replace")), sending.checkpoint
    if theirs is None:
        return True
    if not same_log(theirs.origin, ours.origin):
        raise ContradictionError(f"{place} holds the checkpoints of another log.", "Give each log a place of its own.")
    if theirs.origin != ours.origin:
        return True
    if theirs.size > ours.size:
        raise ContradictionError(
            f"{place} holds a checkpoint of {theirs.size:,} leaves, larger than this of {ours.size:,}: "
            "the log was rolled back.",
            _KEEP,
        )
    proof = sending.prove_consistency(theirs.size)
    if not check_consistency(theirs.size, ours.size, proof, theirs.root, ours.root):
        differing = differing_leaves(sending.read, tiles_of(read, ours.origin), theirs.size) if read else iter(())
        where = next((f"; they differ from leaf {leaf:,} on" for leaf in differing), "")
        raise ContradictionError(
            f"{place}: this tree does not continue the one of {theirs.size:,} leaves there{where}: "
            "history was rewritten.",
            _KEEP,
        )
    return found != sending.note.encode()


def steps(done: int, size: int) -> Iterator[tuple[int, list[Tile]]]:
    """The tiles that a tree of `size` leaves has beyond one of `done`, a step at a time: (leaves covered, tiles)."""
    while done < size:
        end = min(size, done // _STEP_LEAVES * _STEP_LEAVES + _STEP_LEAVES)
        yield end, list(_tiles_between(done, end, partial=end == size))
        done = end


def _tiles_between(old: int, new: int, *, partial: bool) -> Iterator[Tile]:
    level = 0
    while new >> (TILE_HEIGHT * level):
        full = TILE_HEIGHT * (level + 1)
        for number in range(old >> full, new >> full):
            yield Tile(level, number, TILE_WIDTH)
        width = (new >> (TILE_HEIGHT * level)) % TILE_WIDTH
        if width and partial:
            yield Tile(level, new >> full, width)
        level += 1


def keep_tiles(place: str, sending: Sending, add: AddFile, drop: Callable[[str], None] = lambda path: None) -> int:
    """Adds the tiles that the sink has not got yet, for a few seconds; gives how many leaves are covered now.

    `drop` is told the folder of partial tiles that a full one replaces. Raises ContradictionError when a tile there is
    another.
    """
    prefix = prefix_of(sending.checkpoint.origin)
    covered, until = tiles_done(sending.last), time.monotonic() + _TILES_S
    if covered > sending.checkpoint.size:
        covered = 0
    for end, tiles in steps(covered, sending.checkpoint.size):
        for tile in tiles:
            ours = sending.tile(*tile)
            theirs = add(prefix + tile.path, ours)
            if theirs is not None:
                _contradict(place, tile, ours, theirs)
            if tile.width == TILE_WIDTH:
                drop(prefix + tile.partials)
        covered = end
        if time.monotonic() > until:
            break
    return covered


def tiles_done(receipt: Mapping[str, object]) -> int:
    """How many leaves' tiles a receipt says are there."""
    done = receipt.get("tiles")
    return done if isinstance(done, int) else 0


def _contradict(place: str, tile: Tile, ours: bytes, theirs: bytes) -> None:
    first = next((k for k in range(tile.width) if _hash(ours, k) != _hash(theirs, k)), tile.width - 1)
    leaf = (tile.number * TILE_WIDTH + first) << (TILE_HEIGHT * tile.level)
    raise ContradictionError(
        f"{place}: {tile.path} is not this log's tile; they differ from leaf {leaf:,} on.",
        _KEEP,
    )


def differing_leaves(ours: ReadTile, theirs: ReadTile, size: int) -> Iterator[int]:
    """The leaves in which two trees of `size` leaves differ, in order; reads only the tiles above those, and the right
    edge. A tile that one side lacks counts as differing in all its leaves.
    """
    level = 0
    edges = []
    while size >> (TILE_HEIGHT * level):
        width = (size >> (TILE_HEIGHT * level)) % TILE_WIDTH
        if width:
            edges.append(Tile(level, size >> (TILE_HEIGHT * (level + 1)), width))
        level += 1
    for edge in reversed(edges):
        yield from _differing(ours, theirs, edge)


def _differing(ours: ReadTile, theirs: ReadTile, tile: Tile) -> Iterator[int]:
    one, other = ours(*tile), theirs(*tile)
    for place in range(tile.width):
        if len(_hash(one, place)) == HASH_BYTES and _hash(one, place) == _hash(other, place):
            continue
        index = tile.number * TILE_WIDTH + place
        if tile.level == 0:
            yield index
        else:
            yield from _differing(ours, theirs, Tile(tile.level - 1, index, TILE_WIDTH))


def _hash(hashes: bytes, place: int) -> bytes:
    return hashes[place * HASH_BYTES : (place + 1) * HASH_BYTES]


def tiles_of(read: ReadFile, origin: str) -> ReadTile:
    """Reads a tree's tiles from a store: the partial one, else the full one that it became; empty where neither is."""

    def read_tile(level: int, number: int, width: int) -> bytes:
        for tile in (Tile(level, number, width), Tile(level, number, TILE_WIDTH)):
            found = read(prefix_of(origin) + tile.path)
            if found is not None:
                return found[: width * HASH_BYTES]
        return b""

    return read_tile
