from datetime import UTC, datetime, timedelta

import polars as pl

from dashboard.events.adornment import Width
from dashboard.web import charts, palette

START = datetime(2026, 11, 1, tzinfo=UTC)


def buckets(categories: int, days: int = 3) -> pl.DataFrame:
    rows = [(START + timedelta(days=day), f"c{n}", n * day) for day in range(days) for n in range(categories)]
    return pl.DataFrame(
        rows, schema={"bucket": pl.Datetime("us", "UTC"), "category": pl.String, "events": pl.Int64}, orient="row"
    )


def test_ten_regions_then_the_rest_as_one_and_no_event_is_lost() -> None:
    regions = pl.DataFrame({"region": [f"r{n}" for n in range(13)] + [None], "events": [*range(100, 87, -1), 1]})
    shown = charts.top_regions(regions)
    assert shown.height == 11
    assert shown["region"][-1] == "4 more"
    assert shown["events"].sum() == regions["events"].sum()


def test_an_address_without_a_region_has_a_bar_of_its_own() -> None:
    shown = charts.top_regions(pl.DataFrame({"region": ["Istanbul", None], "events": [3, 2]}))
    assert shown["region"].to_list() == ["Istanbul", "No region"]


def test_region_bars_are_horizontal_labelled_and_start_at_zero() -> None:
    spec = charts.failed_logins_by_region(pl.DataFrame({"region": ["Istanbul"], "events": [3]})).to_dict()
    bar, value = spec["layer"]
    assert bar["encoding"]["y"]["field"] == "region"
    assert bar["encoding"]["x"]["scale"]["domainMin"] == 0
    assert bar["mark"]["color"] == palette.FAILURE
    assert value["encoding"]["text"]["field"] == "events"


def test_the_time_axis_is_utc_and_names_the_bucket() -> None:
    spec = charts.actions_over_time(buckets(2), Width.DAY).to_dict()
    x = spec["encoding"]["x"]
    assert x["scale"]["type"] == "utc"
    assert x["title"] == "Time (UTC), per day"
    assert "utcFormat" in x["axis"]["labelExpr"]


def test_one_event_has_one_time_and_whole_numbers_on_its_axes() -> None:
    encoding = charts.actions_over_time(buckets(1, days=1), Width.MINUTE).to_dict()["encoding"]
    assert encoding["x"]["axis"]["values"] == ["2026-11-01T00:00:00Z"]
    assert encoding["y"]["axis"]["tickMinStep"] == 1
    assert "values" not in charts.actions_over_time(buckets(1, days=9), Width.DAY).to_dict()["encoding"]["x"]["axis"]


def test_empty_buckets_stay_in_the_data_as_zero() -> None:
    drawn = charts.by_category(buckets(2), Width.DAY)
    assert drawn.filter(pl.col("start") == START)["events"].to_list() == [0, 0]
    assert drawn["end"][0] == START + timedelta(days=1)


def test_categories_beyond_eight_are_gathered_and_no_event_is_lost() -> None:
    frame = buckets(12)
    drawn = charts.by_category(frame, Width.DAY)
    assert drawn["category"].n_unique() == 9
    assert charts.OTHERS in drawn["category"]
    assert drawn["events"].sum() == frame["events"].sum()


def test_a_category_has_the_palettes_colour() -> None:
    frame = buckets(1).with_columns(category=pl.lit("Auth"))
    scale = charts.actions_over_time(frame, Width.DAY).to_dict()["encoding"]["color"]["scale"]
    assert dict(zip(scale["domain"], scale["range"], strict=True)) == {"Auth": palette.hue("Auth")}
