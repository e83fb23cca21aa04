"""Ten writers, two sealers that are killed at any moment: each committed event has one leaf, and all heads agree."""

import random
import time
from itertools import pairwise
from typing import TypeAlias

import psycopg
import pytest

from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.keeping.verify import verify
from dashboard.ledger.tlog import Frontier, Tiles, check_consistency
from dashboard.record.tree import TreeRecord
from tests.ledger.sealers import ANYWHERE, SEAMS, nursery
from tests.load import Load

pytestmark = pytest.mark.long

Admin: TypeAlias = "psycopg.Connection[tuple[object, ...]]"
KILLS, SUICIDES = 100, 5


def test_writers_and_two_sealers_that_are_killed_lose_and_double_nothing(log: Log, admin: Admin) -> None:
    chance = random.Random(20_261_123)
    seams = [ANYWHERE] * KILLS + [*SEAMS] * SUICIDES
    chance.shuffle(seams)
    with nursery(log) as sealers, Load(log.urls.writer, pause_s=0.03) as load:
        alive = [sealers.start(), sealers.start()]
        for seam in seams:
            time.sleep(chance.uniform(0, 0.08))
            sealers.kill(alive.pop(chance.randrange(2)))
            alive.append(sealers.start(seam))
    assert sealers.errors == ""
    finish(log, len(load.committed))
    rows = admin.execute("select seq, native_id from sealed join audit_event on id = event_id order by seq").fetchall()
    assert [row[0] for row in rows] == list(range(len(load.committed)))
    assert sorted(str(row[1]) for row in rows) == sorted(load.committed)
    check_heads(log, admin)
    report = verify(log)
    assert report.findings == ()
    assert report.covered == ((0, len(rows)),)


def finish(log: Log, events: int) -> None:
    """Seals and signs what the killed ones left; a session of theirs may hold the lock for a moment still."""
    deadline = time.monotonic() + 60
    with Sealer(log) as sealer:
        while True:
            sealer.seal()
            with TreeRecord.open(log.urls.of("reader"), "reader") as tree:
                signed = tree.newest_checkpoint()
            if signed is not None and signed.tree_size == events:
                return
            assert time.monotonic() < deadline
            time.sleep(0.05)


def check_heads(log: Log, admin: Admin) -> None:
    """Every root that was kept or signed is that of the leaves before it, and each signed head extends the last."""
    with TreeRecord.open(log.urls.of("reader"), "reader") as tree:
        rows = tree.leaf_lines(0, 1 << 62)
        assert [row.leaf for row in rows] == [row.sealed_leaf for row in rows]
        tiles = Tiles(tree.tile, len(rows))
        rows_of = admin.execute("select tree_size, root from seal order by seal_no").fetchall()
        seals = {int(str(size)): bytes(root) for size, root in rows_of}  # type: ignore[call-overload]
        grown, at = Frontier(), 0
        for stop, root in seals.items():
            grown.append(b"".join(row.sealed_leaf for row in rows[at:stop]))
            assert grown.root() == root
            at = stop
        trusted = log.sealer_folder().trusted()
        assert len(trusted.keys) == 1
        notes = [row[0] for row in admin.execute("select note from checkpoint order by checkpoint_no")]
        heads = [trusted.open_checkpoint(str(note)) for note in notes]
        assert all(seals[head.size] == head.root for head in heads)
        for old, new in pairwise(heads):
            proof = tiles.prove_consistency(old.size, new.size)
            assert check_consistency(old.size, new.size, proof, old.root, new.root)
        assert log.sealer_folder().state().root == heads[-1].root
    assert min(len(seals), len(heads)) > KILLS // 2, "they were killed at work"
