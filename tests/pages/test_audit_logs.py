import json
import re
from datetime import UTC, datetime

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.util import calc_hash

from dashboard.paths import APP
from dashboard.web.page_list import LOG_PATH
from tests.pages.reading import log_rows
from tests.web import sample

WINDOW = ("2026-10-25", "2026-11-24")  # the 30 UTC days that end with the newest event, 2026-11-23 08:00
LABELS = ["Outcome", "Actor", "Category", "Action", "Description", "IP Address", "Region", "Timestamp"]


def opened(**params: str | list[str]) -> AppTest:
    at = AppTest.from_file(str(APP), default_timeout=60)
    at._page_hash = calc_hash(LOG_PATH)  # switch_page finds a page of another path only after a run of the overview
    for name, value in params.items():
        at.query_params[name.replace("_", "-") if name.startswith("not") else name] = value
    return again(at)


def again(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception
    return at


def expected(log: sample.SampleService, *conditions: pl.Expr) -> pl.DataFrame:
    since, until = (datetime.fromisoformat(day).replace(tzinfo=UTC) for day in WINDOW)
    times = pl.col("occurred_at").is_between(since, until, closed="left")
    return log.events.filter(times, *conditions).sort("occurred_at", "seq", descending=True)


def texts(at: AppTest) -> str:
    return "\n".join(str(element.value) for kind in (at.text, at.caption, at.markdown) for element in kind)


def links(at: AppTest) -> str:
    return "\n".join(html.proto.body for html in at.get("html"))


def bars(at: AppTest) -> list[dict[str, object]]:
    return [json.loads(chart.proto.spec) for chart in at.get("vega_lite_chart")]


def test_the_page_opens_on_the_newest_thirty_days(log: sample.SampleService) -> None:
    at = opened()
    wanted = expected(log)
    table = log_rows(at)
    assert len(table) == 100
    assert table["description"].tolist() == wanted["description"][:100].to_list()
    assert f"{wanted.height:,} events, as of #2,400, 0 waiting to be sealed" in texts(at)
    assert f"Export {wanted.height:,} events" in links(at)
    assert "Newest 30 days: 25 Oct 2026 to 23 Nov 2026 UTC" in texts(at)
    assert "Demo account" in texts(at)


def test_the_columns_have_exactly_their_labels(log: sample.SampleService) -> None:
    at = opened()
    config = json.loads(at.dataframe[0].proto.columns)
    assert [config[f"_pos:{place}"]["label"] for place in range(1, len(LABELS) + 1)] == LABELS  # 0 is the index
    assert {name for name, told in config.items() if told.get("hidden")} == {"_index", f"_pos:{len(LABELS) + 1}"}


def test_a_link_narrows_table_sentence_charts_and_files_alike(log: sample.SampleService) -> None:
    at = opened(category=["Auth"], region=["Istanbul"])
    wanted = expected(log, pl.col("category") == "Auth", pl.col("region") == "Istanbul")
    failed = wanted.filter(pl.col("action") == "Login Failed").height
    said = texts(at)
    assert f"{wanted.height:,} events, as of" in said
    assert f"{failed} failed logins in this view" in said
    assert f"{wanted.height:,} events in this view, per day" in said
    assert "Auth events in region Istanbul" in said
    assert "category=Auth&amp;region=Istanbul" in links(at)
    assert {button.label for button in at.button} >= {"Category\\: Auth", "Region\\: Istanbul", "Clear all"}


def test_a_chip_takes_its_part_away(log: sample.SampleService) -> None:
    at = opened(category=["Auth"], region=["Istanbul"])
    next(button for button in at.button if button.label == "Region\\: Istanbul").click()
    again(at)
    assert f"{expected(log, pl.col('category') == 'Auth').height:,} events, as of" in texts(at)
    assert at.query_params["category"] == "Auth"
    assert "region" not in at.query_params


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("nonsense", "1", "'nonsense' is not a filter"),
        ("outcome", "great", "outcome: 'great' is unknown"),
        ("sort", "shoe:asc", "sort: 'shoe:asc' is unknown"),
        ("as_of", "99999", "the log has not come to #99,999 yet"),
    ],
)
def test_a_bad_link_shows_its_error_and_no_rows(log: sample.SampleService, name: str, value: str, said: str) -> None:
    at = opened(**{name: value})
    assert said in texts(at)
    assert not at.dataframe
    assert not at.main.get("html")


def test_nothing_found_is_another_card_with_two_ways_out(log: sample.SampleService) -> None:
    at = opened(actor="nobody")
    assert "No events match" in texts(at)
    assert "next to each other" not in texts(at)
    assert not at.dataframe
    next(button for button in at.button if button.label == "Clear the filters").click()
    assert len(log_rows(again(at))) == 100


def test_words_that_stand_nowhere_together_are_said_to_be_looked_for_so(log: sample.SampleService) -> None:
    assert "next to each other: fewer of them find more" in texts(opened(search="added payments"))


def test_a_failure_shows_a_card_and_no_trace(log: sample.SampleService, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("secret /path")

    monkeypatch.setattr(log, "engine", broken)
    at = opened()
    assert "Something went wrong on our side." in texts(at)
    assert "secret" not in texts(at)


def test_an_empty_log_says_how_to_fill_it(log: sample.SampleService) -> None:
    log.events = log.events.clear()
    at = opened()
    assert "The log is empty" in texts(at)
    assert all(said in str(code.value) for said, code in zip(("append", "import", "--demo"), at.code, strict=True))
    line = at.code[0].value.removeprefix("echo '").removesuffix("' | auditlens append")
    assert json.loads(line).keys() >= {"occurred_at", "category", "action"}


def test_the_sentence_counts_a_span_back_from_the_minute_that_the_queries_mean(log: sample.SampleService) -> None:
    said = next(element.value for element in opened(last="7d").text if "in the last 7 days" in str(element.value))
    assert re.fullmatch(r"Events, in the last 7 days \(since \d{4}-\d\d-\d\d \d\d:\d\d UTC\)", str(said))


@pytest.mark.parametrize(
    ("link", "label", "first"),
    [
        ("actor:desc", "Actor ↓", "deniz.kaya@gitsec.example"),
        ("actor:asc", "Actor ↑", "ayse.yilmaz@gitsec.example"),
        ("outcome:asc", "Outcome ↑", None),
    ],
)
def test_a_sort_is_of_the_whole_result(log: sample.SampleService, link: str, label: str, first: str | None) -> None:
    at = opened(range="all", sort=link)
    labels = [column["label"] for column in json.loads(at.dataframe[0].proto.columns).values() if "label" in column]
    assert label in labels
    if first:
        assert set(log_rows(at)["actor"]) == {first}
    else:
        assert set(log_rows(at)["outcome"]) == {"✕ Failed"}


def test_pages_turn_over_the_whole_result(log: sample.SampleService) -> None:
    at = opened(range="all", page="24")
    assert log_rows(at)["description"].tolist()[-1].startswith("Event number 0:")
    assert at.pagination[0].value == 24


def test_a_page_beyond_the_last_shows_the_last(log: sample.SampleService) -> None:
    assert opened(range="all", page="999").pagination[0].value == 24


def test_an_event_named_by_the_link_is_open_with_all_its_fields(log: sample.SampleService) -> None:
    at = opened(event="9000000000000000001")
    said = texts(at)
    assert "Login Failed" in said
    assert "85.105.1.2" in said
    raw = json.loads(next(code.value for code in at.code if '"native_id"' in code.value))
    assert raw["id"] == "9000000000000000001"
    assert raw["details"] == '{"branch":"main","n":1}'
    assert any(code.value.endswith("?event=9000000000000000001") for code in at.code)


def test_system_anonymous_and_erased_actors_look_different(log: sample.SampleService) -> None:
    moment = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
    log.append(
        [
            sample.row(2400, moment, actor=None, actor_type="system", source_ip=None),
            sample.row(2401, moment, actor=None, actor_type="anonymous"),
            sample.row(2402, moment, actor=None, actor_type="user", erased="actor,client", source_ip=None),
        ]
    )
    table = log_rows(opened())
    assert table["actor"].tolist()[:3] == ["erased", "unknown", "—"]
    assert table["source_ip"].tolist()[:3] == ["erased", "85.105.0.2", "—"]


def test_a_claim_of_2099_is_marked_and_owns_no_page(log: sample.SampleService) -> None:
    log.append([sample.row(2400, datetime(2099, 1, 1, tzinfo=UTC), clock="ahead")])
    assert "2099" not in log_rows(opened())["occurred_at"].tolist()[0]
    assert "⚠" in log_rows(opened(clock="ahead", range="all"))["occurred_at"].tolist()[0]


def test_log_text_is_shown_as_it_is(log: sample.SampleService) -> None:
    log.append([sample.row(2400, datetime(2026, 11, 23, 9, tzinfo=UTC), actor=sample.HOSTILE, category=sample.HOSTILE)])
    at = opened(actor=sample.HOSTILE, event="9000000000000002400")
    assert log_rows(at)["actor"].tolist()[0].startswith("<script>alert(1)</script> **bold**")
    assert all("<script>" not in element.value for element in at.markdown)
    assert "<script>" not in links(at)


def test_the_sealer_is_late_after_ten_seconds(log: sample.SampleService) -> None:
    log.stop_sealing(3, 9.9)
    assert "late" not in texts(opened())
    log.stop_sealing(3, 11.0)
    at = opened()
    assert "3 waiting to be sealed" in texts(at)
    assert any(
        "the sealer is late or stopped" in str(element.value) and "orange" in str(element.value)
        for element in at.markdown
    )


def test_new_events_come_by_themselves_at_the_top_and_wait_elsewhere(log: sample.SampleService) -> None:
    top, deeper = opened(), opened(page="2")
    before = log_rows(deeper)["description"].tolist()
    log.append([sample.row(2400, datetime(2026, 11, 23, 9, tzinfo=UTC), description="brand new")])
    assert log_rows(again(top))["description"].tolist()[0] == "brand new"
    assert log_rows(again(deeper))["description"].tolist() == before
    show = next(button for button in deeper.button if button.label == "1 new – show")
    show.click()
    assert log_rows(again(deeper))["description"].tolist()[0] == "brand new"


def test_a_paused_page_stays_as_it_is_until_it_may_go_on(log: sample.SampleService) -> None:
    at = opened()
    before = log_rows(at)["description"].tolist()
    at.button("live-pause").click()
    again(at)
    log.append([sample.row(2400, datetime(2026, 11, 23, 9, tzinfo=UTC), description="brand new")])
    assert log_rows(again(at))["description"].tolist() == before
    assert [button.label for button in at.button if button.label.endswith("new – show")] == ["1 new – show"]
    at.button("live-pause").click()
    assert log_rows(again(at))["description"].tolist()[0] == "brand new"


def test_a_state_named_by_the_link_stays_and_says_what_came_since(log: sample.SampleService) -> None:
    at = opened(as_of="700", range="all", category="Auth")
    counted = log.events.filter(pl.col("category") == "Auth")
    first = counted.filter(pl.col("seq") < 700).height
    assert f"{first:,} events, as of #700" in texts(at)
    button = at.button("unpin")
    assert button.label == f"{counted.height - first:,} came since – show the newest state"
    button.click()
    assert f"{counted.height:,} events, as of #2,400" in texts(again(at))


def test_no_location_data_is_said(log: sample.SampleService) -> None:
    log.geo_problem = "No GeoIP database was found."
    at = opened()
    assert "No location data" in [caption.value for caption in at.sidebar.caption]
