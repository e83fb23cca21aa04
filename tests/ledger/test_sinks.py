"""Sinks as they are written in the setting, the layout of stores, and the kind that is a folder."""

import errno
import hashlib
import os
from pathlib import Path

import hypothesis
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from dashboard.config import Settings
from dashboard.errors import UnreachableError, UsageError
from dashboard.ledger.note import Checkpoint
from dashboard.ledger.sinks import ContradictionError, configured, layout, parse
from dashboard.ledger.sinks.folder import FolderSink
from dashboard.ledger.sinks.layout import Tile, differing_leaves, steps, tiles_of
from tests.ledger.growing import ORIGIN, SIGNER, Tree
from tests.ledger.test_cosignature import COSIGNER
from tests.thorough import cases

SECRET = "s3cret-Pa55"
WITNESS = f"witness+https://w.example/log?key={COSIGNER.vkey}"
MAIL = "mailto:audit@example.org?server=smtp.example.org:587&from=log@example.org"


def settings(anchors: str = "", **more: object) -> Settings:
    return Settings(home=Path("/nowhere"), anchors=SecretStr(anchors), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "kind", "name"),
    [
        ("file:/mnt/other/folder", "file", "file:/mnt/other/folder"),
        ("file:///mnt/a%20b?tiles=1", "file", "file:/mnt/a b"),
        ("s3://bucket/a/b?lock_days=365&region=eu-north-1", "s3", "s3://bucket/a/b"),
        ("s3://bucket?lock_days=0&endpoint=https://s3.example:9000", "s3", "s3://bucket at s3.example:9000"),
        ("git+ssh://git@host.example/log.git#audit", "git", "git+ssh://host.example/log.git#audit"),
        (f"git+https://me:{SECRET}@host.example/log.git", "git", "git+https://host.example/log.git#main"),
        ("git+file:///srv/log.git?tiles=1#main", "git", "git+file:///srv/log.git#main"),
        (f"tsa+https://me:{SECRET}@tsa.example/tsr?token={SECRET}", "tsa", "tsa+https://tsa.example/tsr"),
        (WITNESS, "witness", "witness+https://w.example/log"),
        (MAIL, "mail", "mailto:audit@example.org"),
    ],
)
def test_each_kind_is_known_by_a_name_without_secrets(url: str, kind: str, name: str) -> None:
    sink = parse(url, settings(smtp_user="me", smtp_password=SECRET))
    assert (sink.kind, sink.name) == (kind, name)
    for shown in (sink.name, sink.place, repr(sink), str(sink)):
        assert SECRET not in shown


def test_the_path_of_a_webhook_is_a_secret_too() -> None:
    given = settings(f"webhook+https://hooks.example/T1/{SECRET}?sig={SECRET}", webhook_secret=f"{SECRET}2")
    (sink,) = configured(given)
    assert sink.name.startswith("webhook+https://hooks.example/…")
    assert sink.name != parse("webhook+https://hooks.example/T1/other", given).name
    for shown in (sink.name, sink.place, repr(sink), repr(given), str(given)):
        assert SECRET not in shown


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://host/x", "known schemes"),
        (SECRET, "known schemes"),
        ("file:relative", "no absolute path"),
        ("file://host/x", "no absolute path"),
        ("file:/x?tiles=yes", "tiles is 1 or 0"),
        (f"file:/x?{SECRET}=1", "its query is unclear"),
        ("file:/x?lock_days=3", "no option 'lock_days'"),
        ("file:/x?every=0", "every is a number of at least 1"),
        ("file:/x?every=nan", "every is a number"),
        ("s3://bucket/x", "lock_days is missing"),
        ("s3://bucket/x?lock_days=-1", "lock_days is a number of at least 0"),
        (f"s3://key:{SECRET}@bucket/x?lock_days=1", "AWS_ACCESS_KEY_ID"),
        (f"s3://bucket/x?lock_days=1&endpoint=https://u:{SECRET}@h", "endpoint is https://host:port"),
        (f"git+ssh://git:{SECRET}@host/x.git", "ssh takes no password"),
        ("git+ssh://-oProxyCommand=x/x.git", "its host is no host"),
        ("git+https://host/x.git#-f", "no name of a branch"),
        ("git+https://host/x.git#a..b", "no name of a branch"),
        ("git+file://host/x.git", "no host, or no repository"),
        (f"git+http://me:{SECRET}@host/x.git", "without encryption"),
        (f"tsa+http://me:{SECRET}@host/x", "without encryption"),
        ("tsa+https:///x", "names no host"),
        ("tsa+https://host:port/x", "Port could not be cast"),
        ("witness+https://host/x", "key is missing"),
        ("witness+https://host/x?key=a+b+c", "a verifier key is written"),
        (f"witness+https://host/x?key={SIGNER.verifier.vkey}", "Ed25519 cosignatures"),
        (f"webhook+http://host/{SECRET}", "not encrypted"),
        ("mailto:?server=h&from=a@b", "one address to send to"),
        ("mailto:a@b,c@d?server=h&from=a@b", "one address to send to"),
        ("mailto:a@b%0aBcc:x@y?server=h&from=a@b", "one address to send to"),
        ("mailto:a@b?from=a@b", "server is missing"),
        ("mailto:a@b?server=h&from=a@b&tls=maybe", "tls is starttls"),
        ("mailto:a@b?server=h&from=a@b&tls=none", "without encryption"),
    ],
)
def test_a_sink_that_cant_be_used_is_named_without_its_secrets(url: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as wrong:
        configured(settings(f"file:/tmp\n {url}", smtp_user="me", smtp_password=SECRET))
    assert "Sink 2 of AUDITLENS_ANCHORS" in str(wrong.value)
    assert "is written" in wrong.value.hint
    assert SECRET not in str(wrong.value)


def test_the_same_place_twice_is_refused_and_none_is_none() -> None:
    with pytest.raises(UsageError, match=r"Sink 2 .*same place"):
        configured(settings("file:/tmp/x file:/tmp/x?tiles=1"))
    assert configured(settings(" \n ")) == ()
    assert configured(Settings(home=Path("/nowhere"), anchors=None)) == ()


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 0, 256), "tile/0/000"),
        (Tile(0, 1_234_067, 256), "tile/0/x001/x234/067"),
        (Tile(1, 999, 256), "tile/1/999"),
        (Tile(1, 1000, 17), "tile/1/x001/000.p/17"),
        (Tile(63, 0, 1), "tile/63/000.p/1"),
    ],
)
def test_tiles_lie_where_the_standard_puts_them(tile: Tile, path: str) -> None:
    assert tile.path == path


def test_a_tree_has_the_tiles_that_the_standard_names() -> None:
    """The example of C2SP tlog-tiles, a tree of 70,000 leaves, and that of 256."""
    found = [tile for _, tiles in steps(0, 70_000) for tile in tiles]
    assert len(found) == len(set(found))
    assert sum(tile.level == 0 and tile.width == 256 for tile in found) == 273
    partial = {(tile.level, tile.width) for tile in found if tile.width < 256}
    assert partial == {(0, 112), (1, 17), (2, 1)}
    assert [tile for tile in found if tile.level == 1 and tile.width == 256] == [Tile(1, 0, 256)]
    assert [tile for _, tiles in steps(0, 256) for tile in tiles] == [Tile(0, 0, 256), Tile(1, 0, 1)]


@given(st.lists(st.integers(0, 80_000), min_size=1, max_size=6))
def test_however_a_tree_grows_no_full_tile_is_sent_twice_and_none_is_left_out(sizes: list[int]) -> None:
    sent: list[Tile] = []
    done = 0
    for size in sorted(sizes):
        for end, tiles in steps(done, size):
            sent += tiles
            done = end
    full = [tile for tile in sent if tile.width == 256]
    assert len(full) == len(set(full))
    at_once = {tile for _, tiles in steps(0, max(sizes)) for tile in tiles}
    assert at_once <= set(sent)


@hypothesis.settings(max_examples=cases(20), deadline=None)
@given(st.integers(1, 70_000), st.data())
def test_the_leaves_in_which_two_trees_differ_are_found(size: int, data: st.DataObject) -> None:
    changed = tuple(sorted(data.draw(st.sets(st.integers(0, size - 1), max_size=3))))
    ours, theirs = Tree(size), Tree(size + 10, changed=changed)
    assert tuple(differing_leaves(ours.read, theirs.read, size)) == changed


def names(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_folder_takes_each_checkpoint_once_and_gives_them_back(tmp_path: Path) -> None:
    sink, tree = FolderSink(tmp_path), Tree(300)
    first, second = tree.sending(200), tree.sending(300)
    receipt = sink.publish(first)
    root = first.checkpoint.root.hex()[:8]
    assert receipt == {"path": f"checkpoints/00000000000000000200-{root}"}
    assert sink.publish(first) == receipt
    sink.publish(tree.sending(300, last=receipt, last_size=200))
    assert len(names(tmp_path / "checkpoints")) == 2
    assert (tmp_path / "checkpoint").read_text() == second.note
    assert list(sink.copies()) == [second.note, first.note]


def test_a_folder_keeps_the_same_checkpoint_under_another_signature_beside_the_first(tmp_path: Path) -> None:
    sink, tree = FolderSink(tmp_path), Tree(3)
    sink.publish(tree.sending(3))
    both = tree.sending(3, signers=(SIGNER, SIGNER))
    path = sink.publish(both)["path"]
    assert path == f"{layout.checkpoint_path(both.checkpoint)}-{hashlib.sha256(both.note.encode()).hexdigest()[:8]}"
    assert set(sink.copies()) == {tree.sending(3).note, both.note}
    assert sink.publish(both)["path"] == path


def test_a_folder_never_replaces_what_is_there(tmp_path: Path) -> None:
    sink, sending = FolderSink(tmp_path), Tree(3).sending(3)
    taken = tmp_path / layout.checkpoint_path(sending.checkpoint)
    taken.parent.mkdir()
    taken.write_text("something else\n")
    with pytest.raises(ContradictionError, match="taken by something else"):
        sink.publish(sending)
    assert taken.read_text() == "something else\n"
    taken.write_text(sending.note[:40])  # a crash cut it off
    sink.publish(sending)
    assert taken.read_text() == sending.note


def test_a_folder_that_knows_a_larger_tree_says_that_the_log_was_rolled_back(tmp_path: Path) -> None:
    sink, tree = FolderSink(tmp_path), Tree(9)
    sink.publish(tree.sending(9))
    with pytest.raises(ContradictionError, match="a checkpoint of 9 leaves, larger than this of 5: the log was rolled"):
        sink.publish(tree.sending(5))
    later = Tree(5, origin=f"{ORIGIN}/2")  # a new beginning after a restore is not one
    assert sink.publish(later.sending(5))["path"].startswith("2/checkpoints/")  # type: ignore[attr-defined]
    assert sum(1 for _ in sink.copies()) == 2


@pytest.mark.parametrize("size", [9, 20])
def test_a_folder_takes_nothing_that_does_not_continue_what_it_has(tmp_path: Path, size: int) -> None:
    sink = FolderSink(tmp_path)
    sink.publish(Tree(9).sending(9))
    with pytest.raises(ContradictionError, match="does not continue the one of 9 leaves there: history was rewritten"):
        sink.publish(Tree(size, changed=(3,)).sending(size))
    assert list(sink.copies()) == [Tree(9).sending(9).note]


def test_a_folder_of_another_log_is_refused(tmp_path: Path) -> None:
    sink = FolderSink(tmp_path)
    sink.publish(Tree(9, origin="auditlens/other").sending(9))
    with pytest.raises(ContradictionError, match="another log"):
        sink.publish(Tree(10).sending(10))


def test_a_folder_that_is_not_mounted_is_not_filled_in_its_place(tmp_path: Path) -> None:
    gone = FolderSink(tmp_path / "mnt")
    with pytest.raises(UnreachableError, match="the folder does not exist"):
        gone.publish(Tree(3).sending(3))
    with pytest.raises(UnreachableError, match="does not exist"):
        list(gone.copies())
    (tmp_path / "mnt").mkdir()
    with pytest.raises(UnreachableError, match="what was put there before is gone"):
        gone.publish(Tree(3).sending(3, last={"path": "x"}, last_size=2))
    (tmp_path / "mnt" / "checkpoint").touch()
    gone.publish(Tree(3).sending(3, last={"path": "x"}, last_size=2))


def test_a_full_disk_is_an_error_and_no_receipt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(UnreachableError, match=f"file:{tmp_path}: No space left on device"):
        FolderSink(tmp_path).publish(Tree(3).sending(3))


def test_tiles_in_a_folder_grow_with_the_tree_and_show_which_leaf_was_rewritten(tmp_path: Path) -> None:
    sink, tree = FolderSink(tmp_path, tiles=True), Tree(1000)
    receipt = sink.publish(tree.sending(300))
    assert receipt["tiles"] == 300
    assert "tile/0/001.p/44" in names(tmp_path)
    before = (tmp_path / "tile/0/000").stat().st_mtime_ns
    receipt = sink.publish(tree.sending(1000, last=receipt, last_size=300))
    assert (tmp_path / "tile/0/000").stat().st_mtime_ns == before
    found = [name for name in names(tmp_path) if name.startswith("tile/")]
    assert found == ["tile/0/000", "tile/0/001", "tile/0/002", "tile/0/003.p/232", "tile/1/000.p/1", "tile/1/000.p/3"]
    theirs = tiles_of(sink.read, ORIGIN)
    assert tuple(differing_leaves(tree.read, theirs, 1000)) == ()
    assert tuple(differing_leaves(Tree(1000, changed=(7, 999)).read, theirs, 1000)) == (7, 999)
    with pytest.raises(ContradictionError, match="the one of 1,000 leaves there; they differ from leaf 77 on"):
        sink.publish(Tree(1200, changed=(77,)).sending(1200, last=receipt, last_size=1000))
    (tmp_path / "tile/0/002").write_bytes(bytes(8192))
    with pytest.raises(ContradictionError, match="tile/0/002 is not this log's tile; they differ from leaf 512 on"):
        sink.publish(Tree(1000).sending(1000))


def test_a_store_without_a_tile_differs_in_all_its_leaves(tmp_path: Path) -> None:
    sink, tree = FolderSink(tmp_path, tiles=True), Tree(300)
    sink.publish(tree.sending(300))
    (tmp_path / "tile/0/001.p/44").unlink()
    assert tuple(differing_leaves(tree.read, tiles_of(sink.read, ORIGIN), 300)) == tuple(range(256, 300))


def test_a_checkpoint_of_the_empty_tree_has_no_tiles(tmp_path: Path) -> None:
    sink = FolderSink(tmp_path, tiles=True)
    assert sink.publish(Tree(0).sending(0))["tiles"] == 0
    assert layout.read_checkpoint(next(sink.copies())) == Checkpoint(ORIGIN, 0, hashlib.sha256(b"").digest())
