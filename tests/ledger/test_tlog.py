"""The tree is RFC 6962's: held against the definition itself, written down again here word for word."""

import hashlib
import random
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.ledger.tlog import (
    EMPTY_ROOT,
    TILE_HEIGHT,
    TILE_WIDTH,
    Frontier,
    Tiles,
    check_consistency,
    check_inclusion,
    leaf_hash,
)


def root_by_definition(leaves: list[bytes]) -> bytes:
    """RFC 6962 2.1: MTH({}) = SHA-256(), MTH({d}) = its leaf hash, MTH(D[n]) = node(MTH(D[0:k]), MTH(D[k:n]))."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\x01" + root_by_definition(leaves[:k]) + root_by_definition(leaves[k:])).digest()


def path_by_definition(m: int, leaves: list[bytes]) -> list[bytes]:
    """RFC 6962 2.1.1: PATH(m, D[n])."""
    if len(leaves) == 1:
        return []
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m < k:
        return [*path_by_definition(m, leaves[:k]), root_by_definition(leaves[k:])]
    return [*path_by_definition(m - k, leaves[k:]), root_by_definition(leaves[:k])]


def consistency_by_definition(m: int, leaves: list[bytes], *, whole: bool = True) -> list[bytes]:
    """RFC 6962 2.1.2: SUBPROOF(m, D[n], b)."""
    if m == len(leaves):
        return [] if whole else [root_by_definition(leaves)]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    if m <= k:
        return [*consistency_by_definition(m, leaves[:k], whole=whole), root_by_definition(leaves[k:])]
    return [*consistency_by_definition(m - k, leaves[k:], whole=False), root_by_definition(leaves[:k])]


def some_leaves(count: int) -> list[bytes]:
    return [leaf_hash(str(k).encode()) for k in range(count)]


def grown(leaves: list[bytes], cuts: list[int] | None = None) -> tuple[Frontier, Tiles]:
    """A tree of the leaves, appended in pieces, and its tiles."""
    frontier, stored = Frontier(), {}
    bounds = sorted({0, len(leaves), *(cuts or [])})
    for start, stop in pairwise(bounds):
        for tile in frontier.append(b"".join(leaves[start:stop])):
            assert (tile.level, tile.number) not in stored
            stored[tile.level, tile.number] = tile.hashes
        frontier = Frontier(frontier.size, frontier.edges)

    def read(level: int, number: int, width: int) -> bytes:
        return stored.get((level, number)) or frontier.edge(level)

    return frontier, Tiles(read, len(leaves))


def test_known_answers() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert leaf_hash(b"").hex() == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
    assert Frontier().root() == EMPTY_ROOT


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 255, 256, 257, 511, 512, 1000, TILE_WIDTH**2 + 300])
def test_roots_are_the_definitions(size: int) -> None:
    leaves = some_leaves(size)
    frontier, tiles = grown(leaves)
    assert frontier.root() == tiles.root(size) == root_by_definition(leaves)


@given(size=st.integers(0, 700), cuts=st.lists(st.integers(0, 700), max_size=8))
def test_a_tree_is_the_same_however_it_was_cut(size: int, cuts: list[int]) -> None:
    frontier, _ = grown(some_leaves(size), [cut for cut in cuts if cut < size])
    assert frontier.root() == root_by_definition(some_leaves(size))


@pytest.mark.parametrize("size", [1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 33])
def test_every_proof_is_the_definitions_and_checks(size: int) -> None:
    leaves = some_leaves(size)
    _, tiles = grown(leaves)
    for m in range(size):
        path = tiles.prove_inclusion(m, size)
        assert path == path_by_definition(m, leaves)
        assert check_inclusion(m, size, leaves[m], path, tiles.root(size))
    for m in range(1, size + 1):
        path = tiles.prove_consistency(m, size)
        assert path == consistency_by_definition(m, leaves)
        assert check_consistency(m, size, path, root_by_definition(leaves[:m]), tiles.root(size))


@given(st.data())
def test_proofs_of_large_trees_check_and_any_change_fails(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 70_000))
    new, old = size, data.draw(st.integers(1, size - 1))
    tiles = LARGE
    index = data.draw(st.integers(0, size - 1))
    path, root, leaf = tiles.prove_inclusion(index, size), tiles.root(size), tiles.leaf(index)
    assert len(path) <= 1 + size.bit_length()
    assert check_inclusion(index, size, leaf, path, root)
    changed = list(path)
    changed[data.draw(st.integers(0, len(path) - 1))] = bytes(32)
    assert not check_inclusion(index, size, leaf, changed, root)
    assert not check_inclusion(index, size, leaf, path[:-1], root)
    assert not check_inclusion(index, size, leaf, [*path, bytes(32)], root)
    assert not check_inclusion(index, size, leaf[:31], path, root)
    both = tiles.prove_consistency(old, new)
    assert check_consistency(old, new, both, tiles.root(old), root)
    assert not check_consistency(old, new, both, bytes(32), root)
    assert not check_consistency(old, new, both, tiles.root(old), bytes(32))
    assert not check_consistency(old, new, [*both, bytes(32)], tiles.root(old), root)
    assert not check_consistency(old, new, both[:-1], tiles.root(old), root)


LARGE = grown(some_leaves(70_000))[1]


@given(st.data())
def test_proofs_from_tiles_are_the_definitions_however_the_tree_grew(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 700))
    cuts = data.draw(st.lists(st.integers(0, 700), max_size=8))
    leaves = some_leaves(size)
    _, tiles = grown(leaves, [cut for cut in cuts if cut < size])
    new = data.draw(st.integers(1, size))
    index, old = data.draw(st.integers(0, new - 1)), data.draw(st.integers(1, new))
    assert tiles.prove_inclusion(index, new) == path_by_definition(index, leaves[:new])
    assert tiles.prove_consistency(old, new) == consistency_by_definition(old, leaves[:new])


def damage(data: st.DataObject, values: list[bytes]) -> list[bytes]:
    """The values with one bit of one of them changed, or one of them a byte too short, too long, or empty."""
    place = data.draw(st.integers(0, len(values) - 1))
    value, bit = values[place], data.draw(st.integers(0, 255))
    flipped = value[: bit // 8] + bytes([value[bit // 8] ^ 1 << bit % 8]) + value[bit // 8 + 1 :]
    wrong = data.draw(st.sampled_from([flipped, value[:31], value[1:], value + b"\0", b"\0" + value, b"", value * 2]))
    return [*values[:place], wrong, *values[place + 1 :]]


@given(st.data())
def test_any_bit_any_length_and_any_size_counts(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 70_000))
    index, old = data.draw(st.integers(0, new - 1)), data.draw(st.integers(1, new - 1))
    root, before, leaf = LARGE.root(new), LARGE.root(old), LARGE.leaf(index)
    path, extends = LARGE.prove_inclusion(index, new), LARGE.prove_consistency(old, new)
    bad_leaf, bad_root, *bad_path = damage(data, [leaf, root, *path])
    assert not check_inclusion(index, new, bad_leaf, bad_path, bad_root)
    other = data.draw(st.integers(-2, 70_001).filter(lambda k: k != index))
    assert not check_inclusion(other, new, leaf, path, root)
    bad_before, bad_root, *bad_extends = damage(data, [before, root, *extends])
    assert not check_consistency(old, new, bad_extends, bad_before, bad_root)
    assert not check_consistency(new, old, extends, root, before)


@given(st.data())
def test_a_proof_for_another_size_of_the_tree_proves_nothing(data: st.DataObject) -> None:
    new = data.draw(st.integers(2, 5_000))
    index, old = data.draw(st.integers(0, new - 1)), data.draw(st.integers(1, new - 1))
    wrong = data.draw(st.integers(-1, 5_000).filter(lambda k: k != new))
    path, extends = LARGE.prove_inclusion(index, new), LARGE.prove_consistency(old, new)
    if 0 < wrong <= 5_000:
        assert not check_inclusion(index, wrong, LARGE.leaf(index), path, LARGE.root(wrong))
        assert not check_consistency(old, wrong, extends, LARGE.root(old), LARGE.root(wrong))
    else:
        assert not check_inclusion(index, wrong, LARGE.leaf(index), path, LARGE.root(new))
        assert not check_consistency(old, wrong, extends, LARGE.root(old), LARGE.root(new))


def test_nothing_is_in_a_tree_of_no_leaves() -> None:
    for leaf, root in ((LARGE.leaf(0), EMPTY_ROOT), (EMPTY_ROOT, EMPTY_ROOT), (b"", b""), (b"", EMPTY_ROOT)):
        assert not check_inclusion(0, 0, leaf, [], root)
    assert not check_inclusion(0, 1, b"", [], b"")
    assert not check_consistency(0, 0, [], b"", b"")
    assert check_consistency(0, 0, [], EMPTY_ROOT, EMPTY_ROOT)
    assert not check_consistency(0, 0, [EMPTY_ROOT], EMPTY_ROOT, EMPTY_ROOT)
    assert not check_consistency(1, 0, [], LARGE.root(1), EMPTY_ROOT)


def test_every_tree_extends_the_empty_one_and_itself() -> None:
    root = LARGE.root(9)
    assert check_consistency(0, 9, [], EMPTY_ROOT, root)
    assert check_consistency(9, 9, [], root, root)
    assert not check_consistency(0, 9, [], root, root)
    assert not check_consistency(0, 9, [bytes(32)], EMPTY_ROOT, root)
    assert not check_consistency(9, 9, [], root, bytes(32))
    assert not check_consistency(9, 8, [], root, root)


def test_a_frontier_continues_only_its_own_tree() -> None:
    frontier, _ = grown(some_leaves(1000))
    assert len(frontier.edges) == 1 + (1000).bit_length() // TILE_HEIGHT
    with pytest.raises(ValueError, match="does not belong"):
        Frontier(999, frontier.edges)
    with pytest.raises(ValueError, match="more levels"):
        Frontier(1000, frontier.edges[:1])
    with pytest.raises(ValueError, match="32 bytes"):
        frontier.append(b"x")


def test_what_the_tiles_lack_is_an_error() -> None:
    with pytest.raises(ValueError, match="hold 70000 leaves"):
        LARGE.root(70_001)
    with pytest.raises(ValueError, match="no leaf 5"):
        LARGE.prove_inclusion(5, 5)
    with pytest.raises(ValueError, match="holds 0 hashes"):
        Tiles(lambda level, number, width: b"", 10).root(10)


def test_swapped_leaves_have_another_root() -> None:
    leaves = some_leaves(300)
    order = random.Random(3).sample(range(300), 300)
    assert grown([leaves[k] for k in order])[0].root() != grown(leaves)[0].root()
