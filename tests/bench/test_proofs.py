"""What a proof costs in a large log, out of the tiles in PostgreSQL, beside the definition's way over all leaves."""

import os
import random
import time
from collections.abc import Sequence

import psycopg
import pytest

from dashboard.export import check
from dashboard.keeping.log import Log
from dashboard.ledger.keys import new_private, parse_private
from dashboard.ledger.note import Checkpoint, sign
from dashboard.ledger.proof import tlog_proof
from dashboard.ledger.tlog import Frontier, Tiles, check_inclusion, node_hash
from dashboard.record.tree import TreeRecord

pytestmark = pytest.mark.bench

LEAVES = int(os.environ.get("BENCH_LEAVES", "300000"))
ASKED = 300
_AT_ONCE = 1_000_000


def planted(admin: "psycopg.Connection[tuple[object, ...]]", size: int) -> Frontier:
    """A tree of random leaves, its tiles as the sealer stores them."""
    frontier = Frontier()
    while frontier.size < size:
        tiles = frontier.append(os.urandom(32 * min(_AT_ONCE, size - frontier.size)))
        with (
            admin.cursor() as cursor,
            cursor.copy("copy tile (level, number, hashes) from stdin (format binary)") as copy,
        ):
            copy.set_types(["int2", "int8", "bytea"])
            for tile in tiles:
                copy.write_row((tile.level, tile.number, tile.hashes))
    for level, hashes in enumerate(frontier.edges):
        admin.execute("insert into tree_edge (level, hashes) values (%s, %s)", (level, hashes))
    admin.execute("vacuum analyze tile")
    return frontier


def by_definition(tree: TreeRecord, index: int, size: int) -> list[bytes]:
    """RFC 6962 2.1.1 as it is written: over all leaves."""
    leaves = b"".join(tree.tile(0, number, min(256, size - 256 * number)) for number in range(-(-size // 256)))

    def root(low: int, high: int) -> bytes:
        if high - low == 1:
            return leaves[32 * low : 32 * high]
        middle = low + (1 << ((high - low - 1).bit_length() - 1))
        return node_hash(root(low, middle), root(middle, high))

    low, high, path = 0, size, []
    while high - low > 1:
        middle = low + (1 << ((high - low - 1).bit_length() - 1))
        if index < middle:
            path.append(root(middle, high))
            high = middle
        else:
            path.append(root(low, middle))
            low = middle
    return path[::-1]


def test_proofs(log: Log, admin: "psycopg.Connection[tuple[object, ...]]") -> None:
    frontier = planted(admin, LEAVES)
    text, verifier = new_private("auditlens/bench")
    note = sign(Checkpoint(verifier.name, LEAVES, frontier.root()).text, [parse_private(text)])
    places = random.Random(1).sample(range(LEAVES), ASKED)
    with TreeRecord.open(log.urls.reader, "reader") as tree:
        cold, files = timed([lambda place=place: tlog_proof(tree, place, note) for place in places])  # type: ignore[misc]
        shared = Tiles(tree.tile, LEAVES)
        run = [lambda place=place: tlog_proof(tree, place, note, tiles=shared) for place in sorted(places)]  # type: ignore[misc]
        warm, _ = timed(run)
        olds = [lambda old=place + 1: Tiles(tree.tile, LEAVES).prove_consistency(old, LEAVES) for place in places]  # type: ignore[misc]
        consistency, paths = timed(olds)
        start = time.perf_counter()
        path = by_definition(tree, places[0], LEAVES)
        naive_s = time.perf_counter() - start
        leaf = Tiles(tree.tile, LEAVES).leaf(places[0])
    assert check_inclusion(places[0], LEAVES, leaf, path, frontier.root())
    assert path == check.read_proof(files[0])[1]
    checks, _ = timed([lambda: check.check_inclusion(places[0], LEAVES, leaf, path, frontier.root())] * ASKED)
    print(f"\nproofs in a tree of {LEAVES:,} leaves, {ASKED} of them{'p50':>16}{'p95':>12}{'largest':>12}")
    row("inclusion, alone", cold, [len(text.encode()) for text in files], "B a file")
    row("inclusion, in order of the log", warm, [len(check.read_proof(text)[1]) for text in files], "hashes")
    row("consistency, alone", consistency, [len(path) for path in paths], "hashes")
    row("checking one", checks, [len(path)], "hashes")
    print(f"{'by the definition, over all leaves':36}{naive_s * 1e3:12.0f} ms{naive_s / median(cold):11.0f}x")


def timed(acts: Sequence) -> tuple[list[float], list]:  # type: ignore[type-arg]
    times, results = [], []
    for act in acts:
        start = time.perf_counter()
        results.append(act())
        times.append(time.perf_counter() - start)
    return times, results


def median(times: list[float]) -> float:
    return sorted(times)[len(times) // 2]


def row(name: str, times: list[float], sizes: list[int], unit: str) -> None:
    p95 = sorted(times)[int(len(times) * 0.95)]
    print(f"{name:36}{median(times) * 1e3:12.3f} ms{p95 * 1e3:9.3f} ms{max(sizes):10,} {unit}")
