"""Charts that agree with the table and are drawn as the link says, and the values beside it."""

from datetime import UTC, datetime

import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from dashboard.query import views
from tests.pages.test_audit_logs import again, bars, expected, opened, texts
from tests.web import sample

MOMENT = datetime(2026, 11, 20, tzinfo=UTC)


def with_facet(field: str) -> AppTest:
    """The values alone: AppTest forgets what is chosen on a page that it switched to."""
    at = AppTest.from_function(values_alone, default_timeout=60)
    again(at).pills[0].set_value(field)
    return again(at)


def values_alone() -> None:
    import streamlit as st

    from dashboard.web.log import audit_log, facets

    screen = audit_log.open_screen()
    facets.facets(screen)
    st.text(f"{screen.count():,} events, as of")


def said(at: AppTest) -> str:
    """What stands on the page, without what keeps it from being Markdown."""
    return texts(at).replace("\\", "")


def facet_rows(at: AppTest) -> dict[str, int]:
    """The values that are shown, with their numbers."""
    shown = [str(element.value) for element in at.main if element.type in ("text", "caption")]
    numbers = [place for place, value in enumerate(shown) if value.replace(",", "").isdigit()]
    return {shown[place - 1]: int(shown[place].replace(",", "")) for place in numbers}


def pressed(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click()
    return again(at)


def test_bars_count_table_and_files_show_one_number(log: sample.SampleService) -> None:
    at = opened(category=["Auth"])
    wanted = expected(log, pl.col("category") == "Auth").height
    assert f"{wanted:,} in the bars, the count, the table and the files" in texts(at)


def test_numbers_that_differ_are_an_error(log: sample.SampleService, monkeypatch: pytest.MonkeyPatch) -> None:
    count = views.count
    monkeypatch.setattr(views, "count", lambda *asked: count(*asked) + 1)
    at = opened()
    found = expected(log).height
    assert f"The numbers differ: the bars add up to {found:,}, and the count is {found + 1:,}." in texts(at)
    assert "in the bars, the count" not in texts(at)


def test_a_link_says_how_the_chart_is_drawn(log: sample.SampleService) -> None:
    assert any("normalize" in str(spec) for spec in bars(opened(chart="share")))
    lines = opened(chart="lines", scale="log", width="6h")
    assert any("symlog" in str(spec) for spec in bars(lines))
    assert "per 6 hours" in said(lines)
    before = opened(period="previous")
    assert "in the period before." in said(before)


@pytest.mark.parametrize(("name", "value"), [("chart", "pie"), ("scale", "log"), ("width", "2h"), ("period", "x")])
def test_a_link_that_no_chart_can_be_shows_no_rows(log: sample.SampleService, name: str, value: str) -> None:
    at = opened(**{name: value})
    assert f"{name}: " in texts(at)
    assert not at.dataframe


def test_a_width_that_would_make_too_many_bars_is_widened_and_says_so(log: sample.SampleService) -> None:
    told = said(opened(width="1m"))
    assert "per 6 hours" in told
    assert "One bar a minute would be too many for this range." in told


def test_a_field_s_values_are_counted_as_the_log_holds_them(log: sample.SampleService) -> None:
    at = with_facet("region")
    regions = expected(log)["region"].value_counts()
    assert facet_rows(at) == {region or "(none)": count for region, count in regions.iter_rows()}
    networks = expected(log)["source_ip"].drop_nulls().str.extract(r"(.*)\.").value_counts()
    shown = facet_rows(with_facet("network"))
    assert shown["(none)"] == expected(log)["source_ip"].null_count()
    assert {name: n for name, n in shown.items() if name != "(none)"} == {
        f"{octets}.0/24": n for octets, n in networks.iter_rows()
    }


def test_plus_and_minus_filter_and_are_taken_back(log: sample.SampleService) -> None:
    at = with_facet("category")
    first = max(facet_rows(at).items(), key=lambda row: row[1])[0]
    pressed(at, "facet:0:not_category")
    assert at.query_params["not-category"] == first
    pressed(at, "facet:0:category")
    assert at.query_params["category"] == first
    assert "not-category" not in at.query_params
    assert f"{expected(log, pl.col('category') == first).height:,} events, as of" in texts(at)
    pressed(at, "facet:0:category")
    assert "category" not in at.query_params


def test_one_of_ten_thousand_values_is_found_by_typing(log: sample.SampleService) -> None:
    log.append([sample.row(2400 + n, MOMENT, actor=f"user-{n:05}") for n in range(10_000)])
    at = with_facet("actor")
    assert "The 8 most frequent of 10,004 values" in texts(at)
    at.text_input(key="facet-find:actor").set_value("USER-0731")
    again(at)
    assert "10 values with this text" in texts(at)
    assert set(facet_rows(at)) == {f"user-0731{n}" for n in range(8)}


@pytest.mark.parametrize("name", ["z" * 5000, "محمد عبد الله", "👩‍💻🔥", "\u202eevil", "**bold** `x`", "(none)"])
def test_any_name_is_a_value_that_can_be_found(log: sample.SampleService, name: str) -> None:
    log.append([sample.row(2400, MOMENT, actor=name)])
    at = with_facet("actor")
    at.text_input(key="facet-find:actor").set_value(name[:200])
    again(at)
    assert list(facet_rows(at).values()) == [1]
    assert max(len(str(element.value)) for element in at.text) < 400
    pressed(at, "facet:0:actor")
    if len(name) > 4096:
        assert "longer than" in at.toast[0].value
    else:
        assert "1 events, as of" in texts(at)


def test_each_chart_is_named_and_what_it_shows_is_said_beside_it(log: sample.SampleService) -> None:
    at = opened()
    assert {chart.proto.alt for chart in at.get("vega_lite_chart")} == {
        "Bars: failed logins by region",
        "Stacked: actions over time by category",
        "Bars: the whole log over time, the window shaded",
    }
    said = [caption.value for caption in at.caption]
    failed = expected(log, pl.col("action") == "Login Failed").height
    for part in (f"{failed} failed logins in this view", "in this view, per", "2,400 events in the whole log"):
        assert any(part in text.replace("\\", "") for text in said), (part, said)
