"""What is written of figures follows from them: limits, ratios and what was not measured."""

from typing import Any

import pytest

from tests.bench import limits, report
from tests.bench.tables import bytes_, factor, ms

MACHINE = {
    "date": "2026-11-23 08:11 UTC", "cores": "2", "processor": "a processor", "memory": "8 GiB", "system": "Linux",
    "load before": "0.10", "Python": "3.11", "versions": "polars 2.1", "source": "abc",
}  # fmt: skip


def kept(ours: float, *, size: str = "10000000", name: str = "failed logins, one month") -> dict[str, Any]:
    row = {
        "question": name, "limits": {"duckdb": 1.0, "postgres": 10.0, "ms": 30.0}, "ours": ours, "ours_first": 0.5,
        "duckdb": 0.02, "duckdb_first": 0.3, "plain": 0.2, "duckdb_way": "one statement",
    }  # fmt: skip
    memory = {"Auditlens": {"idle": 100 << 20, "peak": 900 << 20}}
    return {size: {"questions": {"machine": MACHINE, "rows": [row], "memory": memory, "files_bytes": 1, "runs": 5}}}


@pytest.mark.parametrize(
    ("ours", "met"), [(0.01, [True, True, True]), (0.025, [True, False, False]), (0.031, [False, False, False])]
)
def test_limits_follow_from_the_figures(ours: float, met: list[bool]) -> None:
    judged = limits.judged(kept(ours), "10000000")
    assert [one.met for one in judged] == [*met, True]


def test_what_was_not_measured_is_neither_met_nor_missed() -> None:
    figures = kept(0.01)
    del figures["10000000"]["questions"]["rows"][0]["plain"]
    assert [one.met for one in limits.judged(figures, "10000000")] == [True, True, None, True]


def test_postgresql_is_held_against_what_was_asked_in_turn_with_it() -> None:
    figures = kept(0.01)
    figures["10000000"]["questions"]["rows"][0]["ours_beside_plain"] = 0.025
    assert [one.met for one in limits.judged(figures, "10000000")] == [True, True, False, True]
    assert "| 200 | 8.00 |" in report.written(figures)


@pytest.mark.parametrize(("large", "met"), [(0.0129, True), (0.0131, False)])
def test_a_month_costs_the_same_in_a_longer_log(large: float, met: bool) -> None:  # a row of the table
    seconds = {"1000000": 0.011, "10000000": 0.01, "100000000": large}
    lengths = {"machine": MACHINE, "rows": [{"question": "failed logins, one month", "seconds": seconds}], "runs": 15}
    figures = kept(0.01) | {"100000000": {"lengths": lengths}}
    assert limits.judged(figures, "10000000")[-1].met is met
    assert "| failed logins, one month | 11.0 | 10.0 | " in report.written(figures)


def test_memory_is_limited_at_every_size() -> None:
    figures = kept(0.01) | kept(0.01, size="100000000")
    assert limits.judged(figures, "10000000")[-1].met
    figures["100000000"]["questions"]["memory"]["Auditlens"]["peak"] = 3 << 30
    assert limits.judged(figures, "10000000")[-1].met is False
    assert "| memory after all questions | 900 MiB | 3.00 GiB |" in report.written(figures)


def test_every_section_names_its_machine_and_its_ratios() -> None:
    text = report.written(kept(0.01))
    assert "2026-11-23 08:11 UTC, source abc. 2 cores of a processor" in text
    assert "| failed logins, one month | 500 | **10.0** | 300 | 20.0 | 0.50 | 200 | 20.0 |" in text


def test_figures_are_written_to_three_digits() -> None:
    assert (ms(0.0012345), ms(0.012345), ms(1.2345), ms(None)) == ("1.23", "12.3", "1,234", "–")
    assert (factor(1.0, 3.0), factor(100.0, 3.0), factor(None, 1.0)) == ("0.33", "33.3", "–")
    assert (bytes_(3 << 20), bytes_(3 << 30)) == ("3 MiB", "3.00 GiB")
