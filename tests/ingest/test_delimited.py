"""CSV: both kinds of header, each line for itself, and the way back of our own export."""

import csv
import io
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.events.columns import CSV_COLUMNS
from dashboard.events.vocabulary import ActorType, Outcome
from tests.thorough import cases

HEADER = "Actor,Category,Action,Description,IP Address,Region,Timestamp\n"
LINE = "ada,Auth,Logged In,hello,81.2.69.142,London,2026-11-23T08:11:57.123456Z\n"
TURNED = (
    "Timestamp,Region,Actor,Category,Action,Description,IP Address,Outcome\n"
    "2026-11-23T08:11:57.123456Z,London,ada,Auth,Logged In,hello,81.2.69.142,Success\n"
)
AT = datetime(2026, 11, 23, 8, 11, 57, 123456, tzinfo=UTC)


def test_seven_columns_become_an_event(load):
    (event,) = load(HEADER + LINE).events
    assert (event.actor, event.category, event.action, event.description) == ("ada", "Auth", "Logged In", "hello")
    assert (event.source_ip, event.reported_region, event.occurred_at) == ("81.2.69.142", "London", AT)
    assert (event.outcome, event.actor_type, event.source, event.imported) == (
        Outcome.SUCCESS, ActorType.USER, "csv", True,
    )  # fmt: skip


@pytest.mark.parametrize(
    "content",
    [
        HEADER.replace(",", ";") + LINE.replace(",", ";"),
        HEADER.replace(",", "\t") + LINE.replace(",", "\t"),
        HEADER.upper() + LINE,
        "\ufeff" + HEADER + LINE,
        "\n\r\n" + HEADER + LINE,
        HEADER + LINE.rstrip(),
        HEADER.replace("\n", "\r\n") + LINE.replace("\n", "\r\n"),
        HEADER.replace("\n", "\r") + LINE.replace("\n", "\r"),
        HEADER + "\n" + LINE + "\r\n\n",
        HEADER + ",".join(f'"{cell}"' for cell in LINE.rstrip().split(",")) + "\n",
        "actor,category,action,description,source_ip,region,occurred_at\n" + LINE,
        TURNED,
        "Actor,Category,Action,Description,IP Address,Region,Timestamp (UTC)\n" + LINE.replace("Z\n", "\n"),
    ],
)
def test_header_and_line_ends_may_be_written_in_many_ways(load, content):
    plain = load(HEADER + LINE)
    again = load(content)
    assert again.report["duplicates"] == 1, again.report
    assert (plain.exit, again.exit) == (0, 0)


@pytest.mark.parametrize("nobody", ["", "-", "—", " — ", '""'])
def test_an_empty_cell_or_a_dash_is_the_system(load, nobody):
    (event,) = load(HEADER + f"{nobody},Backup,Triggered by Timer,nightly,{nobody},{nobody},2026-11-23 08:11Z\n").events
    assert (event.actor, event.actor_type, event.source_ip, event.reported_region) == (None, "system", None, None)


def test_a_dash_elsewhere_is_a_text(load):
    (event,) = load(HEADER + "ada,Auth,Logged In,—,,,2026-11-23T08:11:57Z\n").events
    assert event.description == "—"


@pytest.mark.parametrize(
    ("line", "field", "says"),
    [
        ("ada,Auth,Logged In,x,999.1.1.1,,2026-11-23T08:11:57Z", "source_ip", "999.1.1.1"),
        ("ada,Auth,Logged In,x,,,2026-11-23T08:11:57", "occurred_at", "zone"),
        ("ada,Auth,Logged In,x,,,yesterday", "occurred_at", "yesterday"),
        ("ada,Auth,Logged In,x,,,", "occurred_at", "not a time"),
        ("ada,Auth,Logged In,x,,,2026-02-30T08:11:57Z", "occurred_at", "calendar"),
        ("ada,,Logged In,x,,,2026-11-23T08:11:57Z", "category", "empty"),
        ("ada,Auth,Logged In," + "ğ" * 8193 + ",,,2026-11-23T08:11:57Z", "description", "16,386"),
        ("a" * 1025 + ",Auth,Logged In,x,,,2026-11-23T08:11:57Z", "actor", "1,024"),
        ("a\0b,Auth,Logged In,x,,,2026-11-23T08:11:57Z", "actor", "U+0000"),
        ("ada,Auth,Logged In,x,,", "line", "6 cells"),
        ("ada,Auth,Logged In,x,,,2026-11-23T08:11:57Z,more", "line", "8 cells"),
        ("ada,Auth,Logged In," + "x" * 1_100_000 + ",,,2026-11-23T08:11:57Z", "line", "1 MiB"),
        ('ada,Auth,Logged In,"' + "x" * 200_000 + '",,,2026-11-23T08:11:57Z', "line", "128 KiB"),
        ('ada,Auth,Logged In,"x" y,,,2026-11-23T08:11:57Z', "line", "quote"),
        ('ada,Auth,Logged In,"x,,,2026-11-23T08:11:57Z', "line", "never closed"),
        (b"ada,Auth,Logged In,\xff,,,2026-11-23T08:11:57Z", "line", "UTF-8"),
        (b'ada,Auth,Logged In,"\xff",,,2026-11-23T08:11:57Z', "line", "UTF-8"),
    ],
)
def test_a_bad_line_is_rejected_alone(load, line, field, says):
    raw = line if isinstance(line, bytes) else line.encode()
    other = LINE.replace("ada", "grace").encode()
    found = load(HEADER.encode() + LINE.encode() + raw + b"\n" + other)
    assert found.rejects == [(3, field)]
    assert says in found.reasons[0]
    assert found.reasons[0].isprintable()
    assert [event.actor for event in found.events] == ["ada", "grace"]
    assert found.exit == 3


def test_a_line_cut_off_at_the_end_is_rejected_alone(load):
    found = load(HEADER + LINE + "ada,Auth,Logged In,he")
    assert (found.rejects, len(found.events)) == ([(3, "line")], 1)


def test_a_quote_left_open_costs_its_own_line_only(load):
    broken = 'ada,Auth,Logged In,"never closed,,,2026-11-23T08:11:57Z\n'
    quoted = 'grace,Auth,Logged In,"two\nlines, ""quoted""",,,2026-11-23T08:11:57Z\n'
    found = load(HEADER + broken + LINE + quoted + broken + LINE.replace("ada", "joan") + broken)
    assert found.rejects == [(2, "line"), (6, "line"), (8, "line")]
    assert [event.actor for event in found.events] == ["ada", "grace", "joan"]
    assert found.events[1].description == 'two\nlines, "quoted"'


def test_a_quote_left_open_before_a_long_file_costs_its_own_line_only(load):
    lines = "".join(LINE.replace("hello", f"hello {n}") for n in range(30_000))
    found = load(HEADER + 'ada,Auth,Logged In,"never closed,,,2026-11-23T08:11:57Z\n' + lines)
    assert (found.rejects, len(found.events)) == ([(2, "line")], 30_000)


@pytest.mark.parametrize("line", ['x","y', '"', '""",', 'a"b,"', '"""'])
def test_hostile_quotes_take_linear_time(load, line):
    found = load(HEADER + (line + "\n") * 40_000 + LINE)
    assert found.report["rejected"] > 1000


def test_line_numbers_are_physical_lines_where_the_record_begins(load):
    found = load(
        HEADER + 'ada,Auth,Logged In,"1\n2\r\n3",,,2026-11-23T08:11:57Z\n\n' + 'ada,Auth,"Logged\nIn"\n' + "x\n"
    )
    assert found.rejects == [(6, "line"), (8, "line")]


def test_times_without_a_zone_take_the_zone_given(load):
    (event,) = load(HEADER + LINE.replace("Z\n", "\n"), zone=ZoneInfo("Europe/Istanbul")).events
    assert event.occurred_at == AT.replace(hour=5)


def test_an_offset_in_the_time_wins_over_the_header(load):
    content = HEADER.replace("Timestamp", "Timestamp (UTC)") + LINE.replace("Z\n", "+03:00\n")
    assert load(content).events[0].occurred_at == AT.replace(hour=5)


@pytest.mark.parametrize(
    ("header", "says"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("what,ever\n", "neither JSON nor CSV"),
        ("Actor,Category,Action\n", "occurred_at"),
        (HEADER.replace("Region", "Colour"), "'Colour'"),
        (HEADER.replace("Region", "actor"), "twice"),
        ("x" * 1_100_000, "1 MiB"),
        ("a\x1b[31m\n", "neither"),
    ],
)
def test_a_file_without_a_usable_header_is_one_reject(load, header, says):
    found = load(header + LINE * (header.count("\n") == 1))
    assert found.rejects == [(1, "file")]
    assert says in found.reasons[0]
    assert (found.exit, found.events) == (2, [])


def test_a_header_alone_is_no_fault(load):
    found = load(HEADER)
    assert (found.exit, found.report["read"]) == (0, 0)


def guarded(value: str | None) -> str:
    """The export's rule: an empty text, and one that a spreadsheet would run or a reader mistake, gets a quote."""
    if value is None:
        return ""
    return f"'{value}" if value == "" or value[0] in "=+-@'\t\r\n—" else value


def our_csv(*rows: dict[str, str | None]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(CSV_COLUMNS)
    for number, row in enumerate(rows):
        extra = {"occurred_at": "2026-11-23T08:11:57.123456Z", "outcome": "unknown", "seq": str(number), "id": "9"}
        writer.writerow([extra.get(name) or guarded(row.get(name)) for name in CSV_COLUMNS])
    return out.getvalue()


characters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
texts = st.text(characters, max_size=60) | st.text("=+-@'\t\r\n—,;\"a ", max_size=8)
names = texts.filter(lambda text: text.strip() != "")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=cases(200), deadline=None)
@given(texts | st.none(), names, names, texts, texts | st.none())
def test_our_own_export_comes_back_equal(fresh, actor, category, action, description, region):
    row = {"actor": actor, "category": category, "action": action, "description": description, "region": region}
    (event, second) = fresh(our_csv(row, row)).events
    assert (event.actor, event.category, event.action) == (actor, category, action)
    assert (event.description, event.reported_region) == (description, region)
    assert (event.occurrence, second.occurrence) == (1, 2)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=cases(200), deadline=None)
@given(st.lists(st.sampled_from(['"', '""', ",", "\n", "\r\n", "\r", "a", LINE, "\0", "é", " "]), max_size=30))
def test_no_arrangement_of_quotes_and_line_ends_crashes(fresh, pieces):
    found = fresh(HEADER + "".join(pieces) + "\n" + LINE)
    assert found.report["read"] >= 1
    assert all(reason.isprintable() for reason in found.reasons)


def test_all_columns_of_our_own_export_come_back(load):
    header = "seq,id,occurred_at,recorded_at,actor,actor_id,actor_type,category,action,outcome,description,target,"
    header += "source_ip,region,country,geo_source,user_agent,reported_region,source,native_id,source_seq,request_id,"
    header += "details,db_role,imported,clock,erased\r\n"
    row = "0,12,2026-11-23T08:11:57.123456Z,2026-11-23T08:11:58.000000Z,,,anonymous,Auth,Login Failed,failure,',"
    row += '\'-x,81.2.69.142,London,GB,DB-IP,curl,,okta,abc,7,r1,"{""a"":1}",writer,true,ahead,\r\n'
    (event,) = load(header + row).events
    assert (event.actor, event.actor_type, event.description, event.target) == (None, "anonymous", "", "-x")
    assert (event.reported_region, event.source, event.native_id, event.source_seq) == (None, "okta", "abc", 7)
    assert (event.details, event.request_id, event.user_agent) == ('{"a":1}', "r1", "curl")
