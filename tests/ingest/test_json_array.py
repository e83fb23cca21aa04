"""JSON arrays: valid as a whole or not at all; elements of any size in constant memory."""

import json
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.ingest import importing, json_array
from dashboard.ingest.importing import Options, Rehearsal, import_files
from dashboard.ingest.report import Report
from tests.thorough import cases

LEAST = {"occurred_at": "2026-11-23T08:11:57Z", "category": "Auth", "action": "Logged In"}


def rows(count: int, **changes: object) -> list[dict]:
    return [LEAST | {"actor": f"user {n}"} | changes for n in range(count)]


@pytest.mark.parametrize("indent", [None, 0, 2])
@pytest.mark.parametrize("around", ["", "\ufeff", "\n \t\r\n"])
def test_an_array_is_read_however_it_is_written(load, indent, around):
    found = load(around + json.dumps(rows(3, details={"a": [{"b": 1}, {"c": "},{"}]}), indent=indent) + around[1:])
    assert [event.actor for event in found.events] == ["user 0", "user 1", "user 2"]


def test_an_empty_array_is_no_fault(load):
    found = load(" [ ] ")
    assert (found.exit, found.report["read"]) == (0, 0)
    assert "holds no events" in found.text


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda text: text[:-1], 4),
        (lambda text: text[:-5], 4),
        (lambda text: text[:-1] + ",]", 4),
        (lambda text: text + "]", 4),
        (lambda text: text + " {}", 4),
        (lambda text: text.replace("user 1", "user\\x"), 3),
        (lambda text: text.replace('"user 1"', "NaN"), 3),
        (lambda text: text.replace('"user 1"', '"\\ud800"'), 3),
        (lambda text: text.replace("},", "}", 1), 3),
        (lambda text: text.replace("},", "},,", 1), 2),
        (lambda text: text.replace("[", "[,", 1), 1),
        (lambda text: text.replace('"user 2"', '"user 2'), 4),
        (lambda text: "[" * 100_000, 1),
        (lambda text: '[{"":' * 50_000, 1),
        (lambda text: "[" + "1" * 2_000_000 + "]", 1),
    ],
)
def test_of_an_invalid_array_nothing_is_taken(load, spoil, line):
    text = "[\n" + ",\n".join(json.dumps(row) for row in rows(3)) + "]"
    found = load(spoil(text))
    assert found.rejects == [(line, "file")]
    assert (found.events, found.exit) == ([], 2)
    assert len(found.text.splitlines()) == 2


def test_an_element_that_is_no_event_is_rejected_alone(load):
    first, second, third = (json.dumps(row) for row in rows(3))
    deep = '{"actor":' + "[" * 2000 + "]" * 2000 + "}"
    found = load(f'[\n{first},\n7, null, "x",\n[{{}}], {second},\n{{"actor":1,"actor":2}},\n{deep},\n{third}]')
    assert [event.actor for event in found.events] == ["user 0", "user 1", "user 2"]
    assert [line for line, _ in found.rejects] == [3, 3, 3, 4, 5, 6]


def test_an_array_without_any_object_is_one_reject(load):
    assert load("[1, 2, 3]").rejects == [(1, "file")]


@pytest.mark.parametrize("filling", ["x" * 3_000_000, '\\"' * 1_500_000, "{" * 3_000_000, "\\\\" * 1_048_571])
def test_an_element_longer_than_the_limit_is_rejected_alone(load, filling):
    first, second = (json.dumps(row) for row in rows(2))
    found = load(f'[{first},\n{{"description": "{filling}"}},\n{second}]')
    assert found.rejects == [(2, "line")]
    assert len(found.events) == 2


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=cases(100), deadline=None)
@given(
    st.lists(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
            lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text('{}[],"\\a '), inner, max_size=4),
        )
    ),
    st.sampled_from([None, 1]),
    st.integers(1, 64),
)
def test_elements_are_cut_where_json_ends_them(elements, values, indent, block):
    text = json.dumps(values, indent=indent, ensure_ascii=False).encode()
    assert [json.loads(piece) for _, piece, _ in elements(text, block)] == values


@pytest.fixture
def elements():
    class Bytes:
        problem = ""

        def __init__(self, text: bytes, size: int) -> None:
            self.text, self.size = text, size

        def read(self, _: int) -> bytes:
            block, self.text = self.text[: self.size], self.text[self.size :]
            return block

    return lambda text, size: json_array._Elements(Bytes(text, size))


def test_memory_does_not_grow_with_the_array(tmp_path, monkeypatch):
    monkeypatch.setattr(importing, "BATCH_EVENTS", 200)

    def peak(count: int) -> int:
        path = tmp_path / f"{count}.json"
        path.write_text(json.dumps([LEAST | {"actor": str(n), "description": "x" * 3000} for n in range(count)]))
        tracemalloc.start()
        with Report() as report:
            import_files([str(path)], Options(), Rehearsal(), report)
            assert report.total.accepted == count
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    assert peak(8_000) < 1.2 * peak(3_000)


def test_an_array_from_a_pipe_is_read_too(appender, stdin):

    stdin(json.dumps(rows(3)).encode())
    with Report() as report:
        import_files(["-"], Options(), appender, report)
    assert len(appender.events) == 3
