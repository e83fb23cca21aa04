"""Evidence made of real logs: what is in it, what is left out, and that the checker agrees, alone and offline."""

import ast
import base64
import hashlib
import io
import json
import os
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import psycopg
import pytest

from dashboard.errors import DamagedError, UsageError
from dashboard.events.filter import EventFilter
from dashboard.export import check
from dashboard.export.evidence import NotSignedYet, chosen_groups, pack, prove
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from tests import install
from tests.export.evidence_fixtures import append, checked, events, key_of, opened, saved, zip_of
from tests.ledger.test_signing import force, newest

Admin = "psycopg.Connection[tuple[object, ...]]"


def test_a_thousand_rows_check_in_an_empty_environment_without_the_network(log: Log, tmp_path: Path) -> None:
    append(log, 0, 2100)
    file = saved(tmp_path, zip_of(log, EventFilter(actor=("elif.kaya",)), as_of=2000))
    told = json.loads(opened(file.read_bytes())["manifest.json"])
    assert (told["rows"], told["proofs"]) == (1000, "files")
    with zipfile.ZipFile(file) as archive:
        archive.extract("check.py", tmp_path / "alone")
    assert (tmp_path / "alone" / "check.py").read_bytes() == Path(check.__file__).read_bytes()
    alone = tmp_path / "only"
    alone.mkdir()
    installed = Path(sysconfig.get_path("platlib"))
    for name in ("cryptography", "cffi", "_cffi_backend"):  # what `pip install cryptography` brings
        for found in installed.glob(f"{name}*"):
            (alone / found.name).symlink_to(found)
    start = f"import sys; sys.path.insert(0, {str(alone)!r}); import runpy; sys.argv[0] = sys.argv.pop(1)\n"
    offline = "import socket\ndef refused(*_): raise AssertionError('the network')\nsocket.socket.connect = refused\n"
    run = start + offline + "runpy.run_path(sys.argv[0], run_name='__main__')"
    command = [sys.executable, "-I", "-S", "-c", run, "check.py", str(file)]
    done = subprocess.run(
        [*command, "--key", key_of(log), "--json"],
        cwd=tmp_path / "alone", env={"PATH": os.defpath}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    report = json.loads(done.stdout)
    assert (report["result"], report["rows"], report["problems"]) == ("proven", 1000, [])
    own = subprocess.run(command, cwd=tmp_path / "alone", capture_output=True, text=True, check=False)
    assert own.returncode == 3
    assert "CAME WITH THIS FILE" in own.stdout


def test_the_checker_imports_what_every_python_has_and_cryptography() -> None:
    text = Path(check.__file__).read_text("utf-8")
    tree = ast.parse(text, feature_version=(3, 9))
    imported = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    foreign = {name.split(".")[0] for name in imported} - sys.stdlib_module_names
    assert foreign == {"cryptography"}


def test_a_zip_holds_what_it_says_and_the_same_log_gives_the_same_bytes(
    log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pack, "MOST_PROOFS", 10)
    append(log, 0, 300)
    content = zip_of(log)
    files = opened(content)
    told = json.loads(files["manifest.json"])
    assert told["files"] == {
        name: hashlib.sha256(raw).hexdigest() for name, raw in files.items() if name != "manifest.json"
    }
    assert {name for name in files if name.startswith("tile/")} == {"tile/0/000", "tile/0/001.p/44", "tile/1/000.p/1"}
    assert files["checkpoint"].decode() == newest(log)
    assert (told["log_id"], told["origin"], told["tree_size"]) == (log.log_id, f"auditlens/{log.log_id}", 300)
    assert (told["filter"], told["sort"], told["time_zone"]) == (
        {"sentence": "All events", "params": []},
        "seq:asc",
        "UTC",
    )
    again = opened(zip_of(log))
    at = json.loads(again["manifest.json"])["exported_at"].encode()
    assert again.pop("manifest.json").replace(at, b"") == files.pop("manifest.json").replace(
        told["exported_at"].encode(), b""
    )
    assert again == files
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    report = checked(tmp_path, content, key_of(log))
    assert report.exit == 0
    assert "Complete from place 0 to 299: 300 rows, none missing: the whole log as it was then." in report.proven


@pytest.mark.parametrize(("rows", "proofs"), [(9, "files"), (10, "files"), (11, "tiles")])
def test_few_rows_have_proofs_and_many_share_tiles(
    log: Log, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, rows: int, proofs: str
) -> None:
    monkeypatch.setattr(pack, "MOST_PROOFS", 10)
    append(log, 0, 600)
    content = zip_of(log, EventFilter(search=("x",)), as_of=rows) if rows == 0 else zip_of(log, as_of=rows)
    files = opened(content)
    assert json.loads(files["manifest.json"])["proofs"] == proofs
    assert any(name.startswith("tile/") for name in files) == (proofs == "tiles")
    for name in files:
        if name.endswith(".tlog-proof"):
            assert checked(tmp_path, files[name], key_of(log)).exit == 0
    report = checked(tmp_path, content, key_of(log))
    assert (report.exit, report.facts["rows"]) == (0, rows)
    assert any(f"Complete from place 0 to {rows - 1}" in text for text in report.proven)


def test_a_gap_free_range_is_said_to_be_complete_and_a_filtered_export_is_not(log: Log, tmp_path: Path) -> None:
    append(log, 0, 90)
    middle = EventFilter(since=events(20, 21)[0].occurred_at, until=events(50, 51)[0].occurred_at)
    report = checked(tmp_path, zip_of(log, middle), key_of(log))
    assert report.facts["gap_free"] == [(20, 49)]
    assert "Complete from place 20 to 49: 30 rows, none missing." in report.proven
    filtered = checked(tmp_path, zip_of(log, EventFilter(actor=("jonas.weber",))), key_of(log))
    assert filtered.facts["ranges"] == 45
    assert not any("Complete" in text for text in filtered.proven)
    assert any("“Events by jonas.weber” means is a claim" in text for text in filtered.not_proven)


def test_nothing_found_is_a_file_that_shows_the_head_alone(log: Log, tmp_path: Path) -> None:
    append(log, 0, 3)
    content = zip_of(log, EventFilter(actor=("nobody",)))
    assert opened(content)["events.ndjson"] == b""
    report = checked(tmp_path, content, key_of(log))
    assert (report.exit, report.facts["rows"], report.facts["ranges"]) == (0, 0, 0)
    assert not any("rows stand" in text or "Complete" in text for text in report.proven)


def test_a_log_of_one_event(log: Log, tmp_path: Path) -> None:
    append(log, 0, 1)
    report = checked(tmp_path, zip_of(log), key_of(log))
    assert report.exit == 0
    assert "Complete from place 0 to 0: 1 rows, none missing: the whole log as it was then." in report.proven
    assert checked(tmp_path, prove(log, "seq:0"), key_of(log)).exit == 0


def test_a_log_that_was_never_signed_gives_no_evidence(log: Log) -> None:
    with pytest.raises(NotSignedYet):
        zip_of(log)
    with pytest.raises(UsageError, match="no event at seq 0"):
        prove(log, "seq:0")


def test_withheld_groups_are_nowhere_in_the_file_and_the_rest_proves_without_them(log: Log, tmp_path: Path) -> None:
    append(log, 0, 40)
    content = zip_of(log, withheld=chosen_groups(["actor,client", "place"]))
    for name, raw in opened(content).items():
        decoded = raw
        if name.endswith(".tlog-proof"):
            decoded = base64.b64decode(raw.split(b"extra ")[1].split(b"\n")[0])
        assert b"elif.kaya" not in raw + decoded, name
        assert b"81.2.69" not in raw + decoded, name
    report = checked(tmp_path, content, key_of(log))
    assert (report.exit, report.facts["withheld"]) == (0, ["actor", "client", "place"])
    assert report.facts["disclosed"]["description"] == 40
    assert any("withheld fields: actor, client, place" in text for text in report.not_proven)
    one = prove(log, "seq:4", chosen_groups(["description"]))
    assert any("withheld or erased: description" in text for text in checked(tmp_path, one, key_of(log)).not_proven)
    with pytest.raises(UsageError, match="no group of fields 'salary'"):
        chosen_groups(["salary"])


def test_erased_groups_prove_by_their_digests_and_proofs_of_before_still_check(log: Log, tmp_path: Path) -> None:
    append(log, 0, 40)
    before = prove(log, "seq:7"), zip_of(log)
    event_id = check.check(saved(tmp_path, before[0])).facts["event"]["id"]
    with psycopg.connect(log.urls.redactor, autocommit=True) as connection:
        connection.execute(
            "select audit_erase(%s::bigint[], %s::text[], %s::bytea[], '{}', 'on request', 'tester')",
            ([event_id, event_id, event_id], ["actor", "client", "place"], [None, None, None]),
        )
    with Sealer(log) as sealer:
        sealer.seal()
    after = checked(tmp_path, prove(log, event_id), key_of(log))
    assert (after.exit, after.facts["erased"]) == (0, ["actor", "client", "place"])
    assert "jonas.weber" not in json.dumps(after.to_json())
    content = zip_of(log, as_of=40)
    assert any(
        "Personal fields erased since: actor 1, client 1, place 1." in t for t in checked(tmp_path, content).proven
    )
    for old in before:
        assert checked(tmp_path, old, key_of(log)).exit == 0


def test_a_field_that_is_gone_without_a_record_gives_no_evidence(log: Log, admin: Admin) -> None:
    append(log, 0, 5)
    admin.execute(b"alter table audit_event disable trigger all")
    table = admin.execute("select tableoid::regclass::text from audit_event limit 1").fetchone()
    admin.execute(f"alter table {table[0]} disable trigger all".encode())  # type: ignore[index]
    admin.execute(b"update audit_event set actor = null, actor_salt = null")
    with pytest.raises(DamagedError, match="no erasure of them is on record"):
        prove(log, "seq:2")


@pytest.mark.parametrize(
    "statement",
    [
        "update audit_event set action = 'Logged Out' where native_id = 'n-2'",
        "update audit_event set actor = 'somebody' where native_id = 'n-2'",
        "update audit_event set occurred_at = occurred_at + interval '1 microsecond' where native_id = 'n-2'",
        "delete from audit_event where native_id = 'n-2'",
        "update sealed set region = 'Elsewhere' where seq = 2",
        "update tree_edge set hashes = overlay(hashes placing sha256('x') from 65)",
    ],
)  # fmt: skip
def test_what_was_changed_in_the_record_is_never_handed_out_as_evidence(log: Log, admin: Admin, statement: str) -> None:
    append(log, 0, 5)
    table = admin.execute("select tableoid::regclass::text from audit_event limit 1").fetchone()
    admin.execute(f"alter table audit_event disable trigger all; alter table {table[0]} disable trigger all".encode())  # type: ignore[index]
    force(admin, statement)
    with pytest.raises(DamagedError):
        prove(log, "seq:2")
    with pytest.raises(DamagedError):
        zip_of(log)


def test_rows_that_the_record_no_longer_holds_come_from_the_archive(log: Log, admin: Admin, tmp_path: Path) -> None:
    append(log, 0, 30)
    with Sealer(log) as sealer:
        sealer.mirror()
    append(log, 30, 35)
    table = admin.execute("select tableoid::regclass::text from audit_event limit 1").fetchone()
    admin.execute(f"alter table audit_event disable trigger all; alter table {table[0]} disable trigger all".encode())  # type: ignore[index]
    admin.execute(b"delete from audit_event where native_id in ('n-3', 'n-4')")
    assert checked(tmp_path, prove(log, "seq:3"), key_of(log)).exit == 0
    assert checked(tmp_path, zip_of(log, as_of=30), key_of(log)).exit == 0
    admin.execute(b"delete from audit_event where native_id = 'n-31'")
    with pytest.raises(DamagedError, match="The record holds 0 of the 1"):
        prove(log, "seq:31")


def test_what_is_not_sealed_or_not_signed_yet_is_said_to_be_so(log: Log, admin: Admin) -> None:
    append(log, 0, 5)
    with log.appender() as appender:
        new = appender.append(events(5, 6)).ids[0]
    with pytest.raises(NotSignedYet, match=f"Event {new} is recorded, but not sealed yet"):
        prove(log, new)
    with Sealer(log) as sealer:
        sealer.seal()
    assert prove(log, new) == prove(log, "seq:5")
    force(admin, "delete from checkpoint where tree_size = 6")
    with pytest.raises(NotSignedYet, match="seq 5 is sealed, but the signed head covers only 5"):
        prove(log, new)
    with pytest.raises(UsageError, match="no event 99999"):
        prove(log, 99999)
    for wrong in ("seq:", "seq:x", "-1", "1.5", "x" * 99, "9" * 30):
        with pytest.raises(UsageError):
            prove(log, wrong)
    with pytest.raises(UsageError, match="covers 5 events"):
        zip_of(log, as_of=6)


def test_a_leaf_and_a_disclosure_can_be_hashed_by_shell_as_verify_md_says(log: Log, tmp_path: Path) -> None:
    install.JQ.here()
    append(log, 0, 60)
    files = opened(zip_of(log))
    rows = [row for row in files["events.ndjson"].splitlines() if b"\x7f" not in row]
    (tmp_path / "events.ndjson").write_bytes(b"\n".join(rows) + b"\n")
    commands = [line.strip() for line in files["VERIFY.md"].decode().splitlines() if line.startswith("    sed")]
    assert len(commands) == 4
    for number in range(1, len(rows) + 1, 9):
        told = [
            subprocess.run(
                ["sh", "-c", command.replace("1p", f"{number}p")],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=True,
            ).stdout.split()[0]
            for command in commands
        ]
        row = check.read_row(rows[number - 1].decode())
        assert told[:2] == [row.leaf.hex()] * 2
        assert told[2] == told[3]


def test_hostile_texts_reach_no_terminal(log: Log, tmp_path: Path) -> None:
    append(log, 0, 60)
    content = zip_of(log, EventFilter(search=("\x1b[31m\u202e",)))
    for made in (content, *(prove(log, f"seq:{seq}") for seq in range(50))):
        report = check.check(saved(tmp_path, made), ())
        text = "".join("\n".join(report.lines()).split("\n"))
        assert text.isprintable() or not any(c < " " or c in "\x7f\x9b\u202e\u2066\u2028" for c in text)
