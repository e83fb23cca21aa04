"""JSON lines and single objects: strict, line by line, every field literally."""

import json

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.events.columns import COLUMNS
from dashboard.events.event import AuditEvent
from dashboard.ingest.fields import PRODUCER_FIELDS
from dashboard.ingest.sources import Format
from tests.thorough import cases

FULL = {
    "occurred_at": "2026-11-23T08:11:57.123456Z", "category": "Auth", "action": "Logged In", "actor": "-",
    "actor_id": "7", "actor_type": "admin", "outcome": "unknown", "description": "d", "target": "t",
    "source_ip": "::ffff:81.2.69.142",
    "user_agent": "curl", "reported_region": "London", "request_id": "r", "source": "okta", "native_id": "n",
    "source_seq": 7, "details": '{"a": 1}',
}  # fmt: skip
LEAST = {"occurred_at": "2026-11-23T08:11:57Z", "category": "Auth", "action": "Logged In"}


def line(**changes: object) -> str:
    return json.dumps(LEAST | changes) + "\n"


def test_all_fields_are_taken_literally(load):
    (event,) = load(json.dumps(FULL) + "\n").events
    for name in FULL.keys() - {"occurred_at", "source_ip"}:
        assert getattr(event, name) == FULL[name]
    assert (event.source_ip, event.imported, event.occurrence) == ("81.2.69.142", True, 1)
    assert FULL.keys() == PRODUCER_FIELDS
    assert AuditEvent.__dataclass_fields__.keys() >= PRODUCER_FIELDS


def test_three_fields_are_enough(load):
    (event,) = load(line(actor=None, description=None, source_seq=None)).events
    assert (event.actor, event.actor_type, event.outcome, event.source) == (None, "system", "success", "json")
    assert load(line(category="Backup"), source="mine").events[0].source == "mine"


def test_the_seven_labels_are_keys_too(load):
    labels = {"Actor": "—", "Category": "Auth", "Action": "Login Failed"}
    labels |= {"Description": "-", "IP Address": "-", "Region": ""}
    (event,) = load(json.dumps(labels | {"Timestamp": "2026-11-23T08:11:57Z"})).events
    assert (event.actor, event.source_ip, event.reported_region, event.description) == (None, None, None, "-")
    assert load(json.dumps(labels | {"Timestamp (UTC)": "2026-11-23T08:11:58"})).report["accepted"] == 1


def test_what_only_a_record_knows_is_set_aside(load):
    derived = dict.fromkeys(COLUMNS.keys() - PRODUCER_FIELDS, "x")
    (event,) = load(json.dumps(FULL | derived)).events
    assert event.reported_region == "London"
    (event,) = load(line(region="Paris")).events
    assert event.reported_region == "Paris"
    (event,) = load(line(region="Paris", reported_region=None, category="B")).events
    assert event.reported_region is None


@pytest.mark.parametrize(
    ("details", "kept"),
    [
        ('"no JSON at all"', "no JSON at all"),
        ('{ "b" : [ 1, 2 ] ,"a":null }', '{"b":[1,2],"a":null}'),
        ('{"n": 1.10, "m": 123456789012345678901234567890, "k": 1E2}', None),
        ('[[], {}, "ı\\u0131\\n"]', '[[],{},"ıı\\n"]'),
        ("null", None),
    ],
)
def test_details_keep_what_they_say(load, details, kept):
    (event,) = load(line().rstrip("}\n") + f', "details": {details}}}').events
    if "1.10" in details:
        kept = '{"n":1.10,"m":123456789012345678901234567890,"k":1E2}'
    assert event.details == kept


@pytest.mark.parametrize(
    ("bad", "field", "says"),
    [
        ("{", "line", "not JSON"),
        (line()[:-3], "line", "not JSON"),
        (line(actor="x").replace('"x"', "NaN"), "line", "not JSON"),
        (line(actor="x").replace('"x"', '"\\ud800"'), "line", "surrogate"),
        (line().replace("}", ",}"), "line", "trailing comma"),
        (line().rstrip() + " x", "line", "not JSON"),
        ("[1]", "line", "an array"),
        ("3", "line", "a number"),
        ('"x"', "line", "a text"),
        (b'{"actor": "\xff"}', "line", "UTF-8"),
        (line(actor="a\0b"), "actor", "U+0000"),
        (line(actor=5), "actor", "a number"),
        (line(actor=["x"]), "actor", "an array"),
        (line(category=None), "category", "empty"),
        (line(occurred_at=None), "occurred_at", "not a time"),
        (line(occurred_at=1764000000), "occurred_at", "a number"),
        (line(occurred_at="2026-11-23T08:11:57"), "occurred_at", "zone"),
        (line(source_ip="300.1.1.1"), "source_ip", "300.1.1.1"),
        (line(source_seq="7"), "source_seq", "whole number"),
        (line(source_seq=1.5), "source_seq", "whole number"),
        (line(source_seq=True), "source_seq", "true or false"),
        (line(source_seq=-1), "source_seq", "0 to"),
        (line(details=7), "details", "JSON text"),
        (line(outcome="fine"), "outcome", "success"),
        (line(outcome="Success"), "outcome", "success"),
        (line(actor_type="robot"), "actor_type", "user"),
        (line(actor_type="system", actor="x"), "actor_type", "system"),
        (line(colour="red"), "colour", "details"),
        (line(**{"\x1b[31m": 1}), "\\x1b[31m", "details"),
        ('{"category":"A","action":"B"}', "occurred_at", "missing"),
        (line(Actor="x", actor="y"), "actor", "twice"),
        (line(description="x" * 16_385), "description", "16,385"),
        (line(description="x" * 1_100_000), "line", "1 MiB"),
        (line().replace("{", '{"actor":"a","actor":"a",'), "actor", "twice"),
        (line(details={"a": 1}).replace('"a": 1', '"a": 1, "b": {"k":"\\"","k":""}'), "k", "twice"),
        (line(details=7).replace("7", "[" * 900 + "]" * 900), "line", "64 levels"),
        (line(details=7).replace("7", "[" * 100_000 + "]" * 100_000), "line", "depth"),
        ("[" * 200_000, "line", "depth"),
    ],
)
def test_a_bad_line_is_rejected_alone(load, bad, field, says):
    raw = bad if isinstance(bad, bytes) else bad.rstrip("\n").encode()
    found = load(line(actor="ada").encode() + raw + b"\n\n" + line(actor="grace").encode().rstrip())
    assert found.rejects == [(2, field)]
    assert says in found.reasons[0]
    assert found.reasons[0].isprintable()
    assert [event.actor for event in found.events] == ["ada", "grace"]


@pytest.mark.parametrize("text", ['"', "\\", '\\"', '\\\\"', 'a"b\\u0022', "\\\\", '{"actor":"x"}'])
def test_quotes_and_backslashes_in_texts_are_no_second_key(load, text):
    (event,) = load(line(actor=text, details={text: [text, {text: text}]})).events
    assert (event.actor, orjson.loads(event.details)) == (text, {text: [text, {text: text}]})


def test_one_object_over_several_lines_is_one_event(load):
    assert load("\n\n" + json.dumps(LEAST, indent=2)).report["accepted"] == 1
    found = load("\n" + json.dumps(LEAST | {"colour": 1}, indent=2))
    assert found.rejects == [(2, "colour")]


def test_one_broken_object_over_several_lines_is_one_reject(load):
    found = load(json.dumps(LEAST, indent=2)[:-2] + ",\n}")
    assert (found.rejects, found.exit) == ([(1, "file")], 2)


@pytest.mark.parametrize("content", ["", " \n ", "\ufeff"])
def test_an_empty_file_is_one_reject(load, content):
    found = load(content, format=Format.JSON)
    assert found.rejects == [(1, "file")]


characters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
texts = st.text(characters, max_size=80)
names = texts.filter(lambda text: text.strip() != "")
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=cases(200), deadline=None)
@given(texts, names, names, texts, st.dictionaries(texts, values, max_size=4), st.booleans())
def test_any_text_comes_back_equal(fresh, actor, category, action, description, details, ascii_only):
    row = LEAST | {"actor": actor, "category": category, "action": action, "description": description}
    (event,) = fresh(json.dumps(row | {"details": details}, ensure_ascii=ascii_only)).events
    assert (event.actor, event.category, event.action, event.description) == (actor, category, action, description)
    assert json.loads(event.details) == details


def test_a_first_line_that_breaks_off_costs_itself_only(load):
    found = load("{\n" + line() + "{\n")
    assert (found.rejects, len(found.events)) == ([(1, "line"), (3, "line")], 1)
