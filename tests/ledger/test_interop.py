"""What we sign and prove from a real log is accepted by Go's golang.org/x/mod, and what was tampered with is refused
there as it is here.
"""

import base64
import hashlib
import json
import random
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest

from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.ledger.keys import KEY, Trusted
from dashboard.ledger.note import BadNote, Checkpoint
from dashboard.ledger.tlog import Tiles, check_consistency, check_inclusion
from dashboard.record.tree import TreeRecord
from tests.go import built
from tests.log_fixtures import on_both_servers
from tests.record.test_append import login

SOURCE = Path(__file__).parent / "go"
SIZES = (1, 2, 255, 256, 257, 300, 700)
Case: TypeAlias = dict[str, object]
Judge: TypeAlias = Callable[[Iterable[Case]], list[dict[str, object]]]


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """Asks Go's verifier about cases; an answer each (see go/main.go)."""
    program = built(SOURCE, tmp_path_factory.mktemp("go"))

    def judge(cases: Iterable[Case]) -> list[dict[str, object]]:
        lines = "".join(json.dumps(case) + "\n" for case in cases)
        done = subprocess.run([program], input=lines, capture_output=True, text=True, check=True)
        answers: list[dict[str, object]] = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(answers) == lines.count("\n")
        return answers

    return judge


@dataclass(frozen=True)
class Written:
    """A log as others get to see it."""

    lines: tuple[str, ...]
    leaves: tuple[bytes, ...]
    notes: tuple[str, ...]  # the signed heads, oldest first
    tiles: Tiles
    stored: dict[str, bytes]
    trusted: Trusted

    @property
    def heads(self) -> list[Checkpoint]:
        return [self.trusted.open_checkpoint(note) for note in self.notes]


@pytest.fixture
def written(log: Log) -> Written:
    """700 events in seals of SIZES, each signed."""
    notes, stored = [], {}
    with log.appender() as appender, Sealer(log) as sealer:
        for start, stop in zip((0, *SIZES), SIZES, strict=False):
            appender.append([login(k, description=f"“{k}”\n") for k in range(start, stop)])
            sealer.seal()
            notes.append(newest(log))
    with TreeRecord.open(log.urls.of("reader"), "reader") as tree:
        rows = tree.leaf_lines(0, SIZES[-1])
        for level, number in ((0, 0), (0, 1), (0, 2), (1, 0)):
            stored[level, number] = tree.tile(level, number, 256)
    return Written(
        tuple(row.line or "" for row in rows),
        tuple(row.sealed_leaf for row in rows),
        tuple(notes),
        Tiles(lambda level, number, width: stored[level, number], SIZES[-1]),
        {f"{level}/{number}": hashes for (level, number), hashes in stored.items()},
        log.sealer_folder().trusted(),
    )


def newest(log: Log) -> str:
    with TreeRecord.open(log.urls.of("reader"), "reader") as tree:
        signed = tree.newest_checkpoint()
    assert signed is not None
    return signed.note


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def inclusion(written: Written, index: int, head: Checkpoint) -> Case:
    proof = written.tiles.prove_inclusion(index, head.size)
    return {
        "kind": "inclusion", "size": head.size, "root": b64(head.root), "index": index, "line": written.lines[index],
        "proof": [b64(part) for part in proof],
    }  # fmt: skip


def consistency(written: Written, old: Checkpoint, new: Checkpoint) -> Case:
    proof = written.tiles.prove_consistency(old.size, new.size)
    return {
        "kind": "consistency", "size": new.size, "root": b64(new.root), "old_size": old.size, "old_root": b64(old.root),
        "proof": [b64(part) for part in proof],
    }  # fmt: skip


def ours(case: Case) -> bool:
    """Our own answer to a case."""
    size, root = int(str(case["size"])), base64.b64decode(str(case["root"]))
    path = [base64.b64decode(part) for part in case["proof"]]  # type: ignore[attr-defined]
    if case["kind"] == "inclusion":
        leaf = hashlib.sha256(b"\0" + str(case["line"]).encode()).digest()
        return check_inclusion(int(str(case["index"])), size, leaf, path, root)
    old_root = base64.b64decode(str(case["old_root"]))
    return check_consistency(int(str(case["old_size"])), size, path, old_root, root)


@on_both_servers
def test_go_accepts_every_head_and_proof(go: Judge, written: Written) -> None:
    vkey = written.trusted.keys[0].verifier.vkey
    heads = written.heads
    assert [head.size for head in heads] == list(SIZES)
    notes: list[Case] = [{"kind": "note", "vkey": vkey, "note": note} for note in written.notes]
    answers = go(notes)
    assert [answer.get("text") for answer in answers] == [head.text for head in heads]
    chance = random.Random(1)
    cases = [inclusion(written, index, heads[-1]) for index in range(SIZES[-1])]
    cases += [inclusion(written, chance.randrange(head.size), head) for head in heads for _ in range(20)]
    cases += [consistency(written, old, new) for new in heads for old in heads if old.size <= new.size]
    cases += [{"kind": "tree", "lines": written.lines[: head.size], "root": b64(head.root)} for head in heads]
    assert [answer for answer in go(cases) if not answer["ok"]] == []


def test_go_makes_its_own_proofs_of_our_tiles(go: Judge, written: Written) -> None:
    old, head = written.heads[-2:]
    whole = {name: b64(hashes) for name, hashes in written.stored.items()}
    case = {
        "kind": "tiles", "size": head.size, "root": b64(head.root), "old_size": old.size, "old_root": b64(old.root),
        "tiles": whole,
    }  # fmt: skip
    good = [{**case, "index": index, "line": written.lines[index]} for index in range(0, SIZES[-1], 33)]
    assert all(answer["ok"] for answer in go(good))
    bad = []
    for name, hashes in written.stored.items():
        level, number = map(int, name.split("/"))
        index = 256 * number if level == 0 else 0  # its proof needs the hash beside it
        tiles = {**whole, name: b64(hashes[:63] + bytes([hashes[63] ^ 1]) + hashes[64:])}
        bad.append({**case, "index": index, "line": written.lines[index], "tiles": tiles})
    assert not any(answer["ok"] for answer in go(bad))


def test_go_refuses_what_was_tampered_with_and_so_do_we(go: Judge, written: Written) -> None:
    heads, chance = written.heads, random.Random(2)
    bad: list[Case] = []
    for _ in range(60):
        new = chance.choice(heads[2:])
        index = chance.randrange(new.size)
        bad += damaged(inclusion(written, index, new), chance)
        bad.append({**inclusion(written, index, new), "index": (index + 1) % new.size})
        bad.append({**inclusion(written, index, new), "line": written.lines[index] + " "})
        old = chance.choice([head for head in heads if head.size < new.size])
        bad += damaged(consistency(written, old, new), chance)
        bad.append({**consistency(written, old, new), "old_size": old.size + 1})
        bad.append({**consistency(written, old, new), "old_root": b64(bytes(32))})
    assert [case for case, answer in zip(bad, go(bad), strict=True) if answer["ok"] or ours(case)] == []


def damaged(case: Case, chance: random.Random) -> Sequence[Case]:
    """The case with another root, and with a proof that is too short, too long, of a wrong width, or changed."""
    proof: list[str] = case["proof"]  # type: ignore[assignment]
    others = [[*proof, b64(bytes(32))], [b64(bytes(32)), *proof]]
    if proof:
        at = chance.randrange(len(proof))
        raw = bytearray(base64.b64decode(proof[at]))
        raw[chance.randrange(32)] ^= 1 << chance.randrange(8)
        short = b64(bytes(raw)[:31])
        others += [
            proof[:-1],
            proof[1:],
            [*proof[:at], b64(bytes(raw)), *proof[at + 1 :]],
            [*proof[:at], short, *proof[at + 1 :]],
        ]
    return [
        {**case, "root": b64(hashlib.sha256(str(case["root"]).encode()).digest())},
        *({**case, "proof": p} for p in others),
    ]


def test_go_refuses_a_changed_or_foreign_note_and_so_do_we(go: Judge, written: Written) -> None:
    note, trusted = written.notes[-1], written.trusted
    vkey = trusted.keys[0].verifier.vkey
    origin, _, _ = note.partition("\n")
    foreign = "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
    changed = [
        note.replace("\n700\n", "\n701\n"), note.replace("\n\n", "\n"), note[:-1], note.replace("\u2014", "-"),
        note.replace("\n\n", "\nmore\n\n"), note.replace(origin, origin + "x"), note + "more\n", note[:-12] + note[-8:],
        note.replace(f"\u2014 {origin} ", f"\u2014 {origin} AAAA"),
    ]  # fmt: skip
    cases: list[Case] = [{"kind": "note", "vkey": vkey, "note": text} for text in changed]
    assert not any(answer["ok"] for answer in go([*cases, {"kind": "note", "vkey": foreign, "note": note}]))
    for text in changed:
        with pytest.raises(BadNote):
            trusted.open_checkpoint(text)
    with pytest.raises(BadNote):
        Trusted.parse(foreign).open_checkpoint(note)


def test_go_signs_with_our_key_and_we_accept(go: Judge, log: Log, written: Written) -> None:
    skey = (log.sealer_folder().folder / KEY).read_text("utf-8").strip()
    text = Checkpoint(f"auditlens/{log.log_id}", 701, bytes(32)).text
    answer = go([{"kind": "sign", "skey": skey, "text": text}])[0]
    assert written.trusted.open_checkpoint(str(answer["text"])).text == text
