"""Files together: batches, duplicates, conflicts, the report and its exit code."""

import json

import orjson
import pytest

from dashboard.errors import UnreachableError
from dashboard.ingest import importing
from dashboard.ingest.importing import Options, Rehearsal, import_files
from dashboard.ingest.report import Report

LEAST = {"occurred_at": "2026-11-23T08:11:57Z", "category": "Auth", "action": "Logged In"}


def write(path, *rows: dict | str) -> str:
    path.write_text("".join((row if isinstance(row, str) else json.dumps(LEAST | row)) + "\n" for row in rows))
    return str(path)


def imported(names, appender, options=Options()) -> tuple[dict, str, int]:  # noqa: B008 - frozen
    with Report() as report:
        import_files(names, options, appender, report)
        return orjson.loads("".join(report.json())), "".join(report.text()), int(report.exit)


def test_a_second_import_adds_nothing_even_of_identical_events(tmp_path, appender):
    name = write(tmp_path / "a", {}, {}, {"actor": "x"}, {})
    first, _, _ = imported([name], appender)
    again, _, code = imported([name], appender)
    assert (first["accepted"], again["accepted"], again["duplicates"], code) == (4, 0, 4, 0)
    assert [event.occurrence for event in appender.events] == [1, 2, 1, 3]


def test_identical_events_are_counted_over_batches(tmp_path, appender, monkeypatch):
    monkeypatch.setattr(importing, "BATCH_EVENTS", 3)
    imported([write(tmp_path / "a", *[{"actor": "xy"[n % 2]} for n in range(10)])], appender)
    assert [event.occurrence for event in appender.events] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert appender.batches == [3, 3, 3, 1]


def test_each_file_counts_for_itself(tmp_path, appender):
    names = [write(tmp_path / name, {}, {"actor": name}) for name in "ab"]
    report, text, _ = imported(names, appender)
    assert (report["accepted"], report["duplicates"]) == (3, 1)
    assert text.splitlines() == [
        f"{names[0]}: 2 accepted, 0 duplicates", f"{names[1]}: 1 accepted, 1 duplicates",
        "4 read: 3 accepted, 1 duplicates, 0 rejected",
    ]  # fmt: skip


def test_an_id_with_other_content_is_a_reject_at_its_line(tmp_path, appender):
    rows = [{"native_id": "1"}, "oops", {"native_id": "1", "actor": "other"}, "{", {"native_id": "1"}]
    report, _, code = imported([write(tmp_path / "a", *rows)], appender)
    assert [(row["line"], row["field"]) for row in report["rejects"]] == [(2, "line"), (3, "native_id"), (4, "line")]
    assert (report["accepted"], report["duplicates"], code) == (1, 1, 3)


def test_large_events_make_small_batches(tmp_path, appender, monkeypatch):
    monkeypatch.setattr(importing, "BATCH_BYTES", 40_000)
    imported([write(tmp_path / "a", *[{"description": "x" * 15_000, "actor": str(n)} for n in range(7)])], appender)
    assert appender.batches == [3, 3, 1]


def test_people_see_some_rejects_of_each_file_and_programs_all(tmp_path, appender):
    names = [write(tmp_path / name, *["{"] * 50) for name in "ab"]
    report, text, code = imported(names, appender)
    assert (len(report["rejects"]), code) == (100, 2)
    lines = text.splitlines()
    assert len(lines) == 2 * 21 + 1
    assert lines[20] == f"{names[0]}: … and 30 more; --json lists all"
    assert report["rejects"][-1]["file"] == names[1]


def test_a_report_keeps_any_number_of_rejects(tmp_path, appender, monkeypatch):
    monkeypatch.setattr("dashboard.ingest.report._KEPT_IN_MEMORY_BYTES", 1000)
    report, _, _ = imported([write(tmp_path / "a", *["{"] * 5000)], appender)
    assert [row["line"] for row in report["rejects"]] == list(range(1, 5001))


def test_terminals_never_get_what_they_obey(tmp_path, appender):
    name = write(tmp_path / "a\x1b[31m\n", {"source_ip": "\x1b]0;owned\x07"}, {"\u202egnp": 1}, {"outcome": "\x9b2J"})
    report, text, _ = imported([name], appender)
    assert all(line.isprintable() for line in text.splitlines())
    assert len(text.splitlines()) == 4
    assert report["rejects"][0]["file"] == name
    assert all((row["reason"] + row["field"]).isprintable() for row in report["rejects"])


def test_a_file_name_that_is_no_text_is_told(tmp_path, appender):
    path = tmp_path / "a\udcff"
    report, text, _ = imported([write(path, "{")], appender)
    assert report["rejects"][0]["file"].endswith("a\\udcff")
    assert "a\\udcff:1:" in text


def test_a_file_that_is_gone_is_one_reject_and_the_next_is_read(tmp_path, appender):
    names = [str(tmp_path / "missing"), write(tmp_path / "b", {})]
    report, _, code = imported(names, appender)
    assert (report["accepted"], code) == (1, 3)
    assert report["rejects"][0]["field"] == "file"


def test_a_rehearsal_counts_and_stores_nothing(tmp_path):
    report, _, code = imported([write(tmp_path / "a", {}, "{")], Rehearsal())
    assert (report["accepted"], report["rejected"], code) == (1, 1, 3)


def test_an_append_that_fails_ends_the_import(tmp_path):
    class Broken:
        def append(self, events):
            raise UnreachableError("gone")

    with pytest.raises(UnreachableError):
        imported([write(tmp_path / "a", {})], Broken())


HOSTILE = [
    "", " ", "undefined", "null", "NULL", "-1/2", "0xabad1dea", "NaN", "１２３", "ÅÍÎÏ˝ÓÔÒÚÆ☃", "œ∑´®†¥¨ˆøπ“‘",
    "🇹🇷👨\u200d👩\u200d👧\u200d👦", "\u202eabc", "\ufeff", "\u2028\u2029", "\u0001\u0002\u001b[31m\u007f\u0085",
    "̡͓̞ͅI̗̘̦͝n͇͇͙v̮̫ok̲̫̙͈i̖͙̭̹̠̞n̡̻̮̣̺g", "<script>alert(1)</script>", "';drop table audit_event;--",
    "=1+1", "@SUM(A1)", "+x", "-x", "\tx", "\rx", "'", "''", "\"", "\"\"", "\",\"", "a,b;c\td",
    "line\nbreak\r\n", "%s%d{0}$HOME", "../../etc/passwd", "—", "\\", "\\n", "İstanbul ıİiI ß ς", "ﬁ", "a" * 1024,
]  # fmt: skip


def test_naughty_strings_are_stored_as_they_are(tmp_path, appender):
    rows = [{"actor": text, "description": text} for text in HOSTILE]
    report, _, code = imported([write(tmp_path / "a", *rows)], appender)
    assert (report["accepted"], code) == (len(HOSTILE), 0)
    assert [event.actor for event in appender.events] == HOSTILE
    assert [event.description for event in appender.events] == HOSTILE
