"""The climb gives the roots, tiles and edges that growing the tree gave."""

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.ledger.climb import Climb, TileRows
from dashboard.ledger.tlog import EMPTY_ROOT, HASH_BYTES, TILE_BYTES, TILE_WIDTH, Frontier

LEAVES = b"".join(hashlib.sha256(b"%d" % k).digest() for k in range(70_000))


def climbed(tiles: int) -> Climb:
    climb = Climb()
    for number in range(tiles):
        climb.push(TileRows(LEAVES[number * TILE_BYTES : (number + 1) * TILE_BYTES]).root)
    return climb


@settings(deadline=None)
@given(st.integers(0, 3000))
def test_the_root_at_any_size_is_the_one_of_growing(size: int) -> None:
    frontier = Frontier()
    frontier.append(LEAVES[: size * HASH_BYTES])
    tiles, width = divmod(size, TILE_WIDTH)
    rest = TileRows(LEAVES[tiles * TILE_BYTES : (tiles + 1) * TILE_BYTES]).peaks(width)
    assert climbed(tiles).root(rest) == frontier.root()


def test_nothing_has_the_empty_root() -> None:
    assert Climb().root() == EMPTY_ROOT


def test_full_tiles_of_each_level_and_edges_are_those_of_growing() -> None:
    frontier, climb, seen = Frontier(), Climb(), []
    grown = [tile for tile in frontier.append(LEAVES) if tile.level]
    for number in range(len(LEAVES) // TILE_BYTES):
        seen += climb.push(TileRows(LEAVES[number * TILE_BYTES : (number + 1) * TILE_BYTES]).root)
    assert seen == grown
    assert climb.edges == frontier.edges[1:]


@settings(deadline=None)
@given(st.integers(0, 270))
def test_a_climb_taken_up_goes_on_as_if_it_had_not_stopped(tiles: int) -> None:
    whole = climbed(tiles)
    again = Climb.of(tiles, whole.edges)
    assert again.root() == whole.root()
    for number in range(tiles, 273):
        root = TileRows(LEAVES[number * TILE_BYTES : (number + 1) * TILE_BYTES]).root
        assert again.push(root) == whole.push(root)
    assert again.root() == whole.root()


@pytest.mark.parametrize(("tiles", "edges"), [(1, []), (1, [b""]), (256, [b"x" * 32]), (2, [b"x" * 32])])
def test_edges_of_another_tree_are_refused(tiles: int, edges: list[bytes]) -> None:
    with pytest.raises(ValueError, match="tiles"):
        Climb.of(tiles, edges)
