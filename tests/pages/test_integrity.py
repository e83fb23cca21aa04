import json
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.errors import UnreachableError
from dashboard.keeping.integrity import Facts, Found, Sink
from dashboard.ledger.coverage import Covered
from dashboard.ledger.report import Finding, Kind
from dashboard.paths import APP, PAGES
from tests.web import sample

NOW = datetime.now(UTC)
ALTERED = Finding(
    kind=Kind.ALTERED, message="Row #7 is not as it was sealed.", first=7, last=7, event_id=9_000_000_000_000_000_007,
    sealed_leaf="aa" * 32, found_leaf="bb" * 32, sealed_at="2026-11-23T08:00:00Z",
)  # fmt: skip


def opened(page: str = "integrity.py") -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=60)
    at.switch_page(str(PAGES / page))
    return again(at)


def again(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception
    return at


def texts(at: AppTest) -> str:
    return "\n".join(str(element.value) for kind in (at.text, at.caption, at.markdown, at.code) for element in kind)


def sidebar(at: AppTest) -> str:
    return "\n".join(str(element.value) for kind in (at.sidebar.markdown, at.sidebar.caption) for element in kind)


@pytest.fixture
def damaged(log: sample.SampleService) -> sample.SampleService:
    log.facts = replace(log.good_facts(), found=(Found(ALTERED, NOW, NOW),))
    return log


def test_a_log_without_fault_is_green_on_every_page_with_count_coverage_and_time(log: sample.SampleService) -> None:
    for page in ("integrity.py", "overview.py"):
        said = sidebar(opened(page))
        assert ":green-badge[:material/verified_user: Verified]" in said
        assert "100 % of 2,400 rows" in said
        assert re.search(r"^(hashed )?since .* UTC$", said, re.MULTILINE)  # with the day where it was yesterday
        assert "1 copy outside, last" in said


def test_the_page_says_what_is_promised_and_on_which_condition(log: sample.SampleService) -> None:
    said = texts(opened())
    assert "tamper-evident, not tamper-proof" in said
    assert "a copy of a checkpoint lies where they can't reach it" in said


def test_each_reason_stands_with_what_to_do(log: sample.SampleService) -> None:
    log.facts = replace(
        log.good_facts(), sinks=(), waiting=3, oldest_s=11.0, covered=(Covered(0, 100, NOW),), trusts=True
    )
    at = opened()
    said = texts(at)
    assert "3 events not sealed yet, the oldest for 11.0 s. The sealer is late or stopped." in said
    assert "2,300 rows of 2,400 were not re-hashed in the last 24 hours." in said
    assert "No checkpoint leaves this machine" in said
    assert "Set AUDITLENS\\_ANCHORS" in said
    assert "orange" in sidebar(at)
    assert "4.2 % of 2,400 rows" in sidebar(at)


def test_the_checkpoint_can_be_copied_with_its_key(log: sample.SampleService) -> None:
    codes = [code.value for code in opened().code]
    assert sample.NOTE.rstrip() in codes
    assert sample.VKEY in codes


def test_a_finding_shows_the_row_as_sealed_and_as_found(damaged: sample.SampleService) -> None:
    at = opened()
    assert ":red-badge[:material/gpp_bad: Altered]" in sidebar(at)
    assert "1 finding, 1 not acknowledged" in texts(at)
    assert at.dataframe[0].value["Rows"].tolist() == ["#7"]
    assert {"aa" * 32, "bb" * 32} <= {code.value for code in at.code}
    fields = at.dataframe[1].value
    assert fields["Field"].tolist()[0] == "Actor"
    assert fields["Archive"].tolist()[0] == "somebody.else@gitsec.example"
    assert fields["Differs"].tolist().count("yes") == 1


def test_of_several_findings_the_chosen_one_is_shown(log: sample.SampleService) -> None:
    other = replace(ALTERED, first=9, last=9, message="Row #9 is not as it was sealed.")
    log.facts = replace(log.good_facts(), found=(Found(ALTERED, NOW, NOW), Found(other, NOW, NOW)))
    at = opened()
    assert "Row #7 is not as it was sealed. And 1 more of this kind." in texts(at)
    assert not any(button.label == "Acknowledge" for button in at.button)
    at.session_state["finding-table"] = {"selection": {"rows": [1], "columns": [], "cells": []}}
    assert "Row #9 is not as it was sealed." in texts(again(at))
    assert any(button.label == "Acknowledge" for button in at.button)


def test_a_finding_is_acknowledged_by_name_and_reason_and_stays_known(damaged: sample.SampleService) -> None:
    at = opened()
    acknowledge = next(button for button in at.button if button.label == "Acknowledge")
    acknowledge.click()
    assert "Give your name and a reason" in next(warning.value for warning in again(at).warning)
    at.text_input(key=f"who-{ALTERED.name}").input("elif")
    at.text_input(key=f"reason-{ALTERED.name}").input("restored **from** a backup")
    next(button for button in at.button if button.label == "Acknowledge").click()
    again(at)
    assert f"Known finding #{ALTERED.name}" in sidebar(at).replace("\\", "")
    assert any("by elif: restored **from** a backup" in str(element.value) for element in at.text)
    assert not any(button.label == "Acknowledge" for button in at.button)


def test_a_pass_shows_its_progress_and_its_result_once(log: sample.SampleService) -> None:
    at = opened()
    next(button for button in at.button if button.key == "verify-now").click()
    at.run()
    log.passes.wait(10)
    said = texts(again(at))
    assert "2,400 rows of the database and 0 of the archive, 3 seals, 3 signatures and 1 copy outside checked" in said
    next(button for button in at.button if button.key == "pass-told").click()
    assert "signatures and 1 copy" not in texts(again(at))


def test_a_host_without_the_key_can_t_seal_and_says_why(log: sample.SampleService) -> None:
    log.no_seal = "The sealer's key is not on this host."
    button = next(button for button in opened().button if button.key == "seal-now")
    assert (button.disabled, button.help) == (True, "The sealer's key is not on this host.")


def test_an_empty_log_has_a_card_of_its_own(log: sample.SampleService) -> None:
    log.events = log.events.clear()
    log.facts = Facts(now=NOW)
    at = opened()
    assert "The log is empty" in texts(at)
    assert not at.get("vega_lite_chart")
    assert "Empty log" in sidebar(at)


def test_a_log_that_does_not_answer_is_not_green(log: sample.SampleService, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> None:
        raise UnreachableError("The database can't answer: connection refused.", "Start it.")

    monkeypatch.setattr(log, "integrity", away)
    at = opened()
    assert "Cannot verify" in sidebar(at)
    assert "The database can't answer: connection refused." in texts(at)


def test_charts_have_words_and_say_the_same_numbers(log: sample.SampleService) -> None:
    log.facts = replace(
        log.good_facts(), covered=(Covered(0, 1_000, NOW), Covered(1_000, 1_500, NOW - timedelta(hours=7)))
    )
    charts = opened().get("vega_lite_chart")
    assert [bool(chart.proto.alt) for chart in charts] == [True, True]
    assert "1,500 were re-hashed" in charts[0].proto.alt
    values = json.loads(charts[0].proto.spec)
    assert values["layer"]


def test_words_of_a_place_outside_are_shown_as_they_are(log: sample.SampleService) -> None:
    facts = log.good_facts()
    log.facts = replace(
        facts, sinks=(Sink(name=sample.HOSTILE, place=sample.HOSTILE, late=True, error=sample.HOSTILE),)
    )
    at = opened()
    assert all("<script>" not in element.value for element in at.markdown)
    assert at.dataframe[0].value["Place"].tolist()[0].startswith("<script>alert(1)</script>")
