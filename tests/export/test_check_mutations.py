"""Whatever is changed in an evidence zip, the checker finds it and names it."""

import base64
import io
import json
import random
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from dashboard.events.filter import EventFilter
from dashboard.export import check
from dashboard.export.evidence import pack
from tests.export.evidence_fixtures import (
    append,
    changed,
    consistent,
    fresh_log,
    key_of,
    opened,
    packed,
    rows_changed,
    saved,
    zip_of,
)
from tests.log_fixtures import TestServer

KINDS = ("files", "tiles")
Lines = list[bytes]


@dataclass(frozen=True)
class Made:
    """A zip of each kind, of one log, and the key."""

    vkey: str
    zips: dict[str, bytes]
    other: bytes  # of another log


@pytest.fixture(scope="module")
def made(server: TestServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Made]:
    """300 rows proven by tiles, and every second of the first 100 by a proof each."""
    folder = tmp_path_factory.mktemp("logs")
    with (
        fresh_log(server, folder / "one") as log,
        fresh_log(server, folder / "two") as other,
        pytest.MonkeyPatch.context() as patched,
    ):
        append(log, 0, 300)
        append(other, 0, 300)
        patched.setattr(pack, "MOST_PROOFS", 100)
        few = zip_of(log, EventFilter(actor=("elif.kaya",)), as_of=100)
        yield Made(key_of(log), {"files": few, "tiles": zip_of(log)}, zip_of(other))


@pytest.fixture
def problems(made: Made, tmp_path: Path) -> Callable[[bytes], list[str]]:
    def problems(content: bytes) -> list[str]:
        report = check.check(saved(tmp_path, content), check.read_keys(made.vkey))
        assert (report.exit == 4) == bool(report.problems)
        assert report.to_json()["proven"] == [] or not report.problems
        return report.problems

    return problems


@pytest.mark.parametrize("kind", KINDS)
def test_what_nobody_touched_checks(made: Made, problems: Callable[[bytes], list[str]], kind: str) -> None:
    assert problems(made.zips[kind]) == []
    assert problems(packed(opened(made.zips[kind]))) == []
    assert json.loads(opened(made.zips[kind])["manifest.json"])["proofs"] == kind


def place(row: bytes) -> int:
    found: int = json.loads(row)["_"]["leaf_index"]
    return found


@pytest.mark.parametrize("honest", [True, False], ids=["manifest kept", "manifest made to fit"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("at", [0, 17, -1])
@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda rows, k: rows[:k] + rows[k + 1 :], "Place {place} is missing"),
        (lambda rows, k: rows[: k + 1] + rows[k:], "(place {place}) is out of order, or there twice"),
        (lambda rows, k: moved(rows, k, 30), "(place {place}) is out of order"),
        (lambda rows, k: replaced(rows, k, rows[5].replace(b'"success"', b'"failure"')), "Place {place} is missing"),
        (lambda rows, k: replaced(rows, k, rows[k].replace(b'"Auth"', b'"Huth"')), "(place {place}): it is not what"),
        (lambda rows, k: replaced(rows, k, rows[k].replace(b'"n-', b'"m-')), "(place {place}): it is not what"),
        (lambda rows, k: replaced(rows, k, rows[k].replace(b".kaya", b".kayb")), "discloses of actor is not what"),
        (lambda rows, k: replaced(rows, k, flipped(rows[k], 40)), "(place {place}): "),
        (lambda rows, k: replaced(rows, k, flipped(rows[k], 400)), "(place {place}): "),
        (lambda rows, k: replaced(rows, k, rows[k][:-1] + b" \n"), "place"),
        (lambda rows, k: replaced(rows, k, swapped(rows[k], rows[5], "actor")), "what it discloses of actor"),
        (lambda rows, k: replaced(rows, k, without(rows[k], "client")), "(place {place}): it discloses client"),
        (lambda rows, k: replaced(rows, k, rows[k].replace(b'"erased":[]', b'"erased":["x"]')), "calls erased"),
        (lambda rows, k: replaced(rows, k, rows[k].replace(b'"v":1', b'"v":1,"w":1')), "not those of leaf format 1"),
        (lambda rows, k: replaced(rows, k, rows[k].replace(b'"v":1', b'"v":1,"v":1')), "is there twice"),
        (lambda rows, k: replaced(rows, k, rows[k].replace(b'"v":1', '"v":1,"\ue000":1'.encode())), "is not ASCII"),
        (lambda rows, k: replaced(rows, k, rows[k].replace(b'"v":1', b'"v":1.0')), "no integer"),
        (lambda rows, k: replaced(rows, k, rows[k].replace(b'"v":1', b'"v":2')), "not those of leaf format 1"),
        (lambda rows, k: replaced(rows, k, b"\xff" + rows[k]), "it is not UTF-8"),
        (lambda rows, k: replaced(rows, k, b"[" * 100_000 + rows[k]), "it is not JSON"),
    ],
)  # fmt: skip
def test_a_row_that_was_changed_is_named(
    made: Made,
    problems: Callable[[bytes], list[str]],
    change: Callable[[Lines, int], Lines],
    named: str,
    at: int,
    kind: str,
    honest: bool,
) -> None:
    rows = opened(made.zips[kind])["events.ndjson"].splitlines(keepends=True)
    k = at % len(rows)
    if k == 5:
        k += 1
    new = change(rows, k)
    if new == rows:
        pytest.skip("this row has nothing of the kind")
    content = changed(made.zips[kind], "events.ndjson", lambda _: b"".join(new), manifest=not honest)
    found = problems(content)
    told = named.format(place=f"{place(rows[k]):,}")
    assert any(told in text for text in found), found[:5]
    assert any("SHA-256" in text for text in found) == honest
    assert len(found) <= 6, found


def replaced(rows: Lines, k: int, row: bytes) -> Lines:
    return [*rows[:k], row, *rows[k + 1 :]]


def moved(rows: Lines, k: int, to: int) -> Lines:
    rest = rows[:k] + rows[k + 1 :]
    return [*rest[:to], rows[k], *rest[to:]]


def flipped(row: bytes, at: int) -> bytes:
    return row[:at] + bytes([row[at] ^ 1]) + row[at + 1 :]


def edited(row: bytes, change: Callable[[dict], None]) -> bytes:  # type: ignore[type-arg]
    event = json.loads(row)
    own = event.pop("_")
    change(own["disclosed"])
    return f'{check.jcs(event)[:-1]},"_":{check.jcs(own)}}}\n'.encode()


def swapped(row: bytes, other: bytes, group: str) -> bytes:
    return edited(row, lambda told: told.update({group: json.loads(other)["_"]["disclosed"][group]}))


def without(row: bytes, group: str) -> bytes:
    return edited(row, lambda told: told.pop(group))


@pytest.mark.parametrize("kind", KINDS)
def test_rows_of_another_log_are_not_of_this_one(made: Made, problems: Callable[[bytes], list[str]], kind: str) -> None:
    foreign = opened(made.other)["events.ndjson"].splitlines(keepends=True)
    content = changed(
        made.zips[kind],
        "events.ndjson",
        rows_changed(lambda rows: [*rows[:3], foreign[place(rows[3])], *rows[4:]]),
        manifest=True,
    )
    found = problems(content)
    assert len(found) == 1
    assert found[0].startswith("Row 4 (place ")


def test_all_rows_in_another_order_are_named_up_to_a_limit(made: Made, problems: Callable[[bytes], list[str]]) -> None:
    found = problems(changed(made.zips["tiles"], "events.ndjson", rows_changed(lambda rows: rows[::-1])))
    assert len(found) == check.MOST_PROBLEMS
    assert "out of order" in found[1]


def test_the_rows_in_order_that_are_fewest_to_blame_are_named(
    made: Made, problems: Callable[[bytes], list[str]]
) -> None:
    late = changed(made.zips["tiles"], "events.ndjson", rows_changed(lambda rows: moved(rows, 3, 200)), manifest=True)
    early = changed(made.zips["tiles"], "events.ndjson", rows_changed(lambda rows: moved(rows, 200, 3)), manifest=True)
    assert problems(late) == ["Row 201 (place 3) is out of order, or there twice."]
    assert problems(early) == ["Row 4 (place 200) is out of order, or there twice."]


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_but_the_rows_is_needed_and_no_other_is_let_in(
    made: Made, problems: Callable[[bytes], list[str]], kind: str
) -> None:
    files = opened(made.zips[kind])
    for name in files:
        rest = {other: content for other, content in files.items() if other != name}
        assert any(name in text and "missing" in text for text in problems(packed(rest))), name
        if name not in ("manifest.json", "VERIFY.md", "check.py", "vkeys.txt"):
            assert problems(packed(consistent(rest))) if name in check.NEEDED or "/" in name else True, name
    for name in ("../evil", "/etc/passwd", "events.ndjson/x", "README", "tile/0/1", "proofs/-1.tlog-proof", "C:\\x"):
        assert any("no file of an evidence zip" in text for text in problems(packed({**files, name: b"x"})))
    extra = "tile/0/x001/x001/001" if kind == "tiles" else "proofs/1.tlog-proof"
    assert problems(packed({**files, extra: b"x"})) == [
        f"{extra} was added: manifest.json does not list it.",
    ]
    assert problems(packed(consistent({**files, extra: b"x"}))) == [f"{extra} belongs to no row."]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_is_there_twice_is_refused(made: Made, problems: Callable[[bytes], list[str]]) -> None:
    buffer = io.BytesIO(made.zips["files"])
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("events.ndjson", b"other rows")
    assert "events.ndjson is there twice." in problems(buffer.getvalue())


@pytest.mark.parametrize("kind", KINDS)
def test_no_byte_of_a_file_can_change_unseen(made: Made, problems: Callable[[bytes], list[str]], kind: str) -> None:
    chance = random.Random(kind)
    files = opened(made.zips[kind])
    for _ in range(40):
        name = chance.choice(sorted(files))
        at = chance.randrange(len(files[name]) or 1)
        raw = bytearray(files[name])
        raw[at] ^= 1 << chance.randrange(8)
        one = {**files, name: bytes(raw)}
        assert problems(packed(one)), (name, at)
        if name.startswith(("tile/", "events", "ranges", "proofs/")):
            assert problems(packed(consistent(one))), (name, at)


@pytest.mark.parametrize("kind", KINDS)
def test_no_byte_of_the_zip_itself_breaks_the_checker(
    made: Made, problems: Callable[[bytes], list[str]], tmp_path: Path, kind: str
) -> None:
    chance, right = random.Random(kind), opened(made.zips[kind])
    for _ in range(40):
        raw = bytearray(made.zips[kind])
        at = chance.choice(
            [chance.randrange(len(raw)), chance.randrange(len(raw) - 3000, len(raw)), chance.randrange(99)]
        )
        raw[at] ^= 1 << chance.randrange(8)
        try:
            found = problems(bytes(raw))
        except check.WrongUse:
            continue
        if not found:  # then it was a byte that says nothing: a date, an attribute
            assert opened(bytes(raw)) == right
    for cut in (1, 22, 500, len(made.zips[kind]) // 2, len(made.zips[kind]) - 3):
        assert problems(made.zips[kind][:-cut])
    assert problems(b"PK\x03\x04")
    assert problems(b"#!/bin/sh\n" + made.zips[kind])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("rows", 1),
        ("ranges", 7),
        ("disclosed", {}),
        ("erased", {"actor": 1}),
        ("withheld", ["actor"]),
        ("withheld", ["salary"]),
        ("withheld", "actor"),
        ("as_of", 50),
        ("as_of", 10**6),
        ("as_of", None),
        ("tree_size", 1),
        ("root", ""),
        ("origin", "auditlens/other"),
        ("log_id", "other"),
        ("time_zone", "Europe/Istanbul"),
        ("sort", "occurred_at:desc"),
        ("evidence", 2),
        ("proofs", "none"),
        ("filter", "all"),
        ("files", []),
        ("note", "one more"),
    ],
)  # fmt: skip
def test_a_manifest_that_says_otherwise_than_the_file_is_refused(
    made: Made, problems: Callable[[bytes], list[str]], name: str, value: object
) -> None:
    def change(content: bytes) -> bytes:
        return json.dumps({**json.loads(content), name: value}).encode()

    for kind in KINDS:
        assert problems(changed(made.zips[kind], "manifest.json", change)), kind


def test_what_a_forger_of_manifest_and_rows_can_do_is_said(made: Made, tmp_path: Path) -> None:
    """Rows of a filtered export can be dropped with what tells of them; a gap in the places can't be hidden."""
    files = opened(made.zips["tiles"])
    rows = files["events.ndjson"].splitlines(keepends=True)
    kept = [row for row in rows if place(row) != 100]
    told = json.loads(files["manifest.json"])
    counts = {group: len(kept) for group in told["disclosed"]}
    told |= {"rows": len(kept), "ranges": 2, "disclosed": counts}
    forged = {
        **files,
        "events.ndjson": b"".join(kept),
        "ranges.txt": b"0 99\n101 299\n",
        "manifest.json": json.dumps(told).encode(),
    }
    report = check.check(saved(tmp_path, packed(consistent(forged))), check.read_keys(made.vkey))
    assert report.exit == 0
    said = "\n".join(report.proven)
    assert "Complete from place 0 to 99: 100 rows" in said
    assert "Complete from place 101 to 299: 199 rows" in said
    assert "whole log" not in said
    assert any("left out before, between or behind the 2 gap-free ranges" in text for text in report.not_proven)


def test_another_key_and_a_checkpoint_of_another_log_are_refused(
    made: Made, problems: Callable[[bytes], list[str]], tmp_path: Path
) -> None:
    foreign = opened(made.other)
    assert any("not signed by a key that you gave" in text for text in problems(made.other))
    swapped = {**opened(made.zips["tiles"]), "checkpoint": foreign["checkpoint"]}
    assert problems(packed(consistent(swapped)))
    stranger = check.read_keys(foreign["vkeys.txt"].decode())
    assert check.check(saved(tmp_path, made.zips["tiles"]), stranger).exit == 4
    own_only = {**opened(made.zips["tiles"]), "vkeys.txt": foreign["vkeys.txt"]}
    assert check.check(saved(tmp_path, packed(consistent(own_only)))).exit == 4


def test_a_line_bomb_and_a_large_member_are_refused(made: Made, problems: Callable[[bytes], list[str]]) -> None:
    bomb = changed(made.zips["files"], "events.ndjson", lambda _: b"0" * (check.MOST_LINE * 20), manifest=True)
    assert any("a line that is too long" in text for text in problems(bomb))
    large = changed(made.zips["tiles"], "tile/0/000", lambda raw: raw + b"x", manifest=True)
    assert any("tile/0/000 is larger than such a file can be" in text for text in problems(large))


def test_a_tile_with_hashes_that_are_not_32_bytes_is_refused(
    made: Made, problems: Callable[[bytes], list[str]]
) -> None:
    short = changed(made.zips["tiles"], "tile/0/000", lambda raw: raw[:-1], manifest=True)
    assert any("has not 256 hashes of 32 bytes" in text for text in problems(short))
    hashes = changed(
        made.zips["files"],
        "proofs/0.tlog-proof",
        lambda raw: raw.replace(b"\nindex 0\n", b"\nindex 0\n" + base64.b64encode(bytes(31)) + b"\n"),
        manifest=True,
    )
    assert any("a hash has not 32 bytes" in text for text in problems(hashes))
