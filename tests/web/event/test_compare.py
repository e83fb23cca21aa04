from datetime import UTC, datetime

from dashboard.web.event import compare
from tests.web import sample
from tests.web.event.test_marked import Read

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def lines(*events: dict[str, object]) -> dict[str, compare.Line]:
    return {line.label: line for line in compare.compared(events)}


def test_a_line_is_equal_when_all_events_say_the_same() -> None:
    found = lines(sample.row(0, NOW), sample.row(7, NOW, actor="x"), sample.row(14, NOW))
    assert found["Action"].is_equal
    assert found["Action"].values == ("Logged In",) * 3
    assert found["Actor"].values == (sample.PEOPLE[0], "x", sample.PEOPLE[2])
    assert not found["Actor"].is_equal


def test_details_are_compared_key_by_key() -> None:
    found = lines(
        sample.row(0, NOW, details='{"keep":{"days":7},"branch":"main"}'),
        sample.row(1, NOW, details='{"branch":"main","keep":{"days":30}}'),
        sample.row(2, NOW, details=None),
    )
    assert found["details: keep.days"].values == ("7", "30", None)
    assert found["details: branch"].values == ('"main"', '"main"', None)
    assert "Details" not in found


def test_details_that_are_no_json_are_compared_as_a_text() -> None:
    found = lines(sample.row(0, NOW, details="a b"), sample.row(1, NOW, details='{"a":1}'))
    assert found["Details"].values == ("a b", '{"a":1}')


def test_words_are_marked_against_the_first_event() -> None:
    shown = compare.cells(compare.Line("Target", ("keep 7 days", "keep 30 days", "keep 7 days", None)))
    assert [Read(cell).text for cell in shown] == ["keep 7 days", "keep 30 days", "keep 7 days", "—"]
    assert [Read(cell).tags for cell in shown] == [[], ["ins"], [], ["span"]]
    first = compare.cells(compare.Line("Target", ("keep 7 days", "keep 30 days")))[0]
    assert Read(first).tags == ["del"]


def test_what_is_each_event_s_own_is_shown_and_not_marked() -> None:
    found = lines(sample.row(0, NOW), sample.row(1, NOW))
    assert found["Id"].is_own
    assert compare.cells(found["Id"]) == ["9000000000000000000", "9000000000000000001"]
