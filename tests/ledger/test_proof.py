"""Proofs as files: written, read and checked, by our own code and by the checker that runs alone."""

import base64
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from dashboard.errors import DamagedError
from dashboard.events.canonical import LeafInput, PlaceInput, disclosures, leaf_hash, leaf_line
from dashboard.export import check
from dashboard.export.evidence import prove
from dashboard.keeping.log import Log
from dashboard.ledger.keys import Trusted
from dashboard.ledger.note import Checkpoint, Signer, sign
from dashboard.ledger.proof import (
    BadProof,
    Proof,
    check_proof,
    consistency_text,
    line_of_row,
    parse_proof,
    row_text,
    tlog_proof,
)
from dashboard.ledger.tlog import EMPTY_ROOT, Frontier, Tiles, check_consistency, check_inclusion
from dashboard.record.tree import TreeRecord
from tests.ledger.test_signing import append, newest, seal
from tests.ledger.test_tlog import grown, some_leaves

VECTORS = Path(__file__).parent.parent / "vectors"
SIGNER = Signer("auditlens/vector", Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
TRUSTED = Trusted.parse(SIGNER.verifier.vkey)
KEYS = check.read_keys(SIGNER.verifier.vkey)
EVENT = LeafInput(
    id=9_007_199_254_740_993,
    recorded_at="2026-11-23T08:11:58.000001Z",
    db_role="auditlens_writer",
    occurred_at="2026-11-23T08:11:57.123456Z",
    category="Repository",
    action="Repository Deleted",
    outcome="success",
    actor_type="admin",
    actor_id=None,
    source="gitsec",
    native_id='n,"_":{\u007f\u2028"\\',
    source_seq=None,
    request_id="",
    imported=False,
    actor="Zoë 😀\ue000",
    source_ip="2001:db8::1",
    user_agent=None,
    reported_region="São Paulo",
    target=None,
    description='","_":{"leaf_index":0}}',
    details='{"size_mb":1e3}',
    original_sha256="ab" * 32,
    **{f"{group}_salt": f"{number:032x}" for number, group in enumerate(("actor", "client", "target"))},
    **{f"{group}_salt": f"{number:032x}" for number, group in enumerate(("description", "details", "original"), 3)},
)
PLACE = PlaceInput("São Paulo", "BR", "reported", "f" * 32)


def vector(index: int = 70, size: int = 333, **change: object) -> str:
    """The proof of one event among others, always the same bytes."""
    line = leaf_line(EVENT, PLACE)
    leaves = some_leaves(size)
    leaves[index] = leaf_hash(line)
    frontier, tiles = grown(leaves)
    note = sign(Checkpoint(SIGNER.verifier.name, size, frontier.root()).text, [SIGNER])
    row = row_text(line, index, disclosures(EVENT, PLACE))
    given = {"index": index, "path": tuple(tiles.prove_inclusion(index, size)), "note": note, "extra": row.encode()}
    return Proof(**{**given, **change}).text  # type: ignore[arg-type]


def both_refuse(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadProof):
        check_proof(text, TRUSTED)
    file = tmp_path / "x.tlog-proof"
    file.write_bytes(text.encode())
    try:
        assert check.check(file, KEYS).exit == 4
    except check.WrongUse:
        assert not text.startswith("c2sp.org/tlog-proof")


def test_a_proof_is_the_same_bytes_in_every_version(tmp_path: Path) -> None:
    kept = (VECTORS / "event.tlog-proof").read_text("utf-8")
    assert vector() == kept
    assert (VECTORS / "event.vkey").read_text("utf-8").strip() == SIGNER.verifier.vkey
    proven = check_proof(kept, TRUSTED)
    assert (proven.index, proven.checkpoint.size, proven.line) == (70, 333, leaf_line(EVENT, PLACE))
    report = check.check(VECTORS / "event.tlog-proof", KEYS)
    assert (report.exit, report.problems) == (0, [])
    assert report.facts["disclosed"]["actor"] == EVENT.actor
    assert report.facts["event"]["native_id"] == EVENT.native_id


def test_the_line_can_be_cut_out_of_a_row_whatever_its_texts_hold() -> None:
    line = leaf_line(EVENT, PLACE)
    row = row_text(line, 70, disclosures(EVENT, PLACE), ["place"])
    assert line_of_row(row) == line
    assert check.read_row(row_text(line, 70, {})).leaf == leaf_hash(line)


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.replace("@v1", "@v2"),
        lambda t: " " + t,
        lambda t: t.replace("extra ", "extra  ", 1),
        lambda t: t.replace("index 70", "index 070"),
        lambda t: t.replace("index 70", "index 71"),
        lambda t: t.replace("index 70", "index -1"),
        lambda t: t.replace("index 70", "index 70 "),
        lambda t: t.replace("index 70", "index 333"),
        lambda t: t.replace("index 70", "index 7\u0660"),
        lambda t: t.replace("index 70\n", "index 70\nindex 70\n"),
        lambda t: t.replace("index 70\n", ""),
        lambda t: t.replace("\n\n", "\n", 1),
        lambda t: t.replace("\n\n", "\n\n\n", 1),
        lambda t: t.replace("\n\n", f"\n{base64.b64encode(bytes(32)).decode()}\n\n", 1),
        lambda t: t.replace("\n\n", "\n\x00\n\n", 1),
        lambda t: without_line(t, 3),
        lambda t: with_hash(t, bytes(31)),
        lambda t: with_hash(t, bytes(33)),
        lambda t: with_hash(t, b"x" * 32),
        lambda t: with_line(t, 3, lambda line: line + " "),
        lambda t: with_line(t, 3, lambda line: line[:-1]),
        lambda t: t + "\n",
        lambda t: t + "— auditlens/vector\n",
        lambda t: t[:-1],
        lambda t: t.replace("\n333\n", "\n334\n"),
        lambda t: t.replace("\n333\n", "\n0\n"),
        lambda t: t.replace("\n333\n", "\n333\nextension\n"),
        lambda t: t.replace("\n", "\r\n"),
        lambda t: with_line(t, 1, lambda line: "extra " + base64.b64encode(b"{}").decode()),
        lambda t: with_line(t, 1, lambda line: "extra ="),
        lambda t: without_line(t, 1),
        lambda t: t[: len(t) // 2],
        lambda t: "",
    ],
)  # fmt: skip
def test_a_malformed_or_changed_proof_is_refused(change, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    both_refuse(change(vector()), tmp_path)


def with_line(text: str, number: int, change) -> str:  # type: ignore[no-untyped-def]
    lines = text.split("\n")
    lines[number] = change(lines[number])
    return "\n".join(lines)


def without_line(text: str, number: int) -> str:
    lines = text.split("\n")
    return "\n".join(lines[:number] + lines[number + 1 :])


def with_hash(text: str, value: bytes) -> str:
    return with_line(text, 3, lambda _: base64.b64encode(value).decode())


def test_a_proof_of_another_key_is_refused(tmp_path: Path) -> None:
    other = Signer(SIGNER.verifier.name, Ed25519PrivateKey.generate())
    note = sign(Checkpoint(SIGNER.verifier.name, 333, Frontier().root()).text, [other])
    both_refuse(vector(note=note), tmp_path)
    elsewhere = Signer("auditlens/other", Ed25519PrivateKey.generate())
    with pytest.raises(BadProof):
        check_proof(vector(), Trusted.parse(elsewhere.verifier.vkey))
    file = tmp_path / "x.tlog-proof"
    file.write_text(vector(), "utf-8")
    assert check.check(file, check.read_keys(elsewhere.verifier.vkey)).exit == 4
    assert check.check(file).exit == 3  # no key at all: nothing is said to be signed
    assert not [text for text in check.check(file).proven if "signed" in text]
    ended = check.read_keys(f"{SIGNER.verifier.vkey} until=332")
    assert check.check(file, ended).exit == 4


def test_an_empty_tree_proves_nothing(tmp_path: Path) -> None:
    note = sign(Checkpoint(SIGNER.verifier.name, 0, EMPTY_ROOT).text, [SIGNER])
    both_refuse(vector(index=0, size=1, note=note), tmp_path)


@given(position=st.integers(0), bit=st.integers(0, 7))
def test_no_byte_of_a_proof_can_change(tmp_path_factory: pytest.TempPathFactory, position: int, bit: int) -> None:
    raw = bytearray(vector().encode())
    raw[position % len(raw)] ^= 1 << bit
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return
    if text.split("\n\n")[-1].split(" ")[-1] == vector().split("\n\n")[-1].split(" ")[-1]:
        both_refuse(text, tmp_path_factory.getbasetemp())


@given(data=st.data(), size=st.integers(1, 3000))
def test_our_tree_and_the_checkers_agree(data: st.DataObject, size: int) -> None:
    index, old = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    leaf, path, root = LARGE.leaf(index), LARGE.prove_inclusion(index, size), LARGE.root(size)
    assert check_inclusion(index, size, leaf, path, root)
    assert check.check_inclusion(index, size, leaf, path, root)
    proof = LARGE.prove_consistency(old, size)
    assert check_consistency(old, size, proof, LARGE.root(old), root)
    assert check.check_consistency(old, size, proof, LARGE.root(old), root)
    wrong = data.draw(st.sampled_from(["size", "index", "root", "path", "short"]))
    values = {"size": size, "index": index, "root": root, "path": path}
    if wrong == "short":
        values["path"] = path[:-1] if path else [bytes(31)]
    elif wrong == "path":
        values["path"] = [*path, bytes(32)]
    elif wrong == "root":
        values["root"] = bytes(32)
    else:
        values[wrong] = data.draw(st.integers(-1, 3001).filter(lambda n: n != values[wrong]))
    asked = (values["index"], values["size"], leaf, values["path"], values["root"])
    assert check_inclusion(*asked) == check.check_inclusion(*asked)  # type: ignore[arg-type]
    other = (old, values["size"], proof, LARGE.root(old), values["root"])
    assert check_consistency(*other) == check.check_consistency(*other)  # type: ignore[arg-type]


LARGE_LEAVES = some_leaves(3000)
LARGE: Tiles = grown(LARGE_LEAVES)[1]


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 65_536, 66_000])
def test_the_checker_finds_each_leaf_through_tiles_and_no_changed_tile_passes(size: int) -> None:
    leaves = some_leaves(size)
    frontier, stored = Frontier(), {}
    for tile in frontier.append(b"".join(leaves)):
        stored[tile.level, tile.number] = tile.hashes

    def read(level: int, number: int, width: int) -> bytes:
        return stored.get((level, number)) or frontier.edge(level)[: 32 * width]

    tree = check.Tree(size, frontier.root(), read)
    places = sorted({0, size - 1, size // 2, size // 3})
    assert [tree.leaf(place) for place in places] == [leaves[place] for place in places]
    with pytest.raises(check.Bad, match="leaves only"):
        tree.leaf(size)
    for which in list(stored)[:5]:
        right = stored[which]
        stored[which] = bytes(32) + right[32:]
        with pytest.raises(check.Bad, match="does not lead to the signed root"):
            [check.Tree(size, frontier.root(), read).leaf(place) for place in range(0, size, 256)]
        stored[which] = right[:-32]
        with pytest.raises(check.Bad, match="has not 256 hashes"):
            [check.Tree(size, frontier.root(), read).leaf(place) for place in range(0, size, 256)]
        stored[which] = right
    with pytest.raises(check.Bad, match="right edge"):
        check.Tree(size, bytes(32), read)


def test_a_consistency_proof_is_a_witness_request() -> None:
    assert consistency_text(3, [bytes(32)], "note\n") == f"old 3\n{base64.b64encode(bytes(32)).decode()}\n\nnote\n"
    assert parse_proof(vector()).index == 70


def test_a_tree_that_was_changed_gives_no_proof(log: Log) -> None:
    append(log, 0, 300)
    note = seal(log)
    forged = sign(Checkpoint(f"auditlens/{log.log_id}", 300, bytes(32)).text, [log.sealer_folder().signer()])
    with TreeRecord.open(log.urls.reader, "reader") as tree:
        assert check_proof(tlog_proof(tree, 299, note), log.sealer_folder().trusted(), line_at(log, 299)).index == 299
        with pytest.raises(DamagedError, match="does not lead from seq 5"):
            tlog_proof(tree, 5, forged)
        with pytest.raises(ValueError, match="no leaf 300"):
            tlog_proof(tree, 300, note)
    assert newest(log) == note


def line_at(log: Log, seq: int) -> str:
    return line_of_row((parse_proof(prove(log, f"seq:{seq}")).extra or b"").decode())
