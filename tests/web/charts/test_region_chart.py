import polars as pl

from dashboard.web.charts import palette, region_chart


def test_ten_regions_then_the_rest_as_one_and_no_event_is_lost() -> None:
    regions = pl.DataFrame({"region": [f"r{n}" for n in range(13)] + [None], "events": [*range(100, 87, -1), 1]})
    shown = region_chart.top_regions(regions)
    assert shown.height == 11
    assert shown["region"][-1] == "4 more"
    assert shown["events"].sum() == regions["events"].sum()


def test_an_address_without_a_region_has_a_bar_of_its_own() -> None:
    shown = region_chart.top_regions(pl.DataFrame({"region": ["Istanbul", None], "events": [3, 2]}))
    assert shown["region"].to_list() == ["Istanbul", "No region"]


def test_a_region_of_blanks_has_a_name_to_click() -> None:
    regions = pl.DataFrame({"region": [" ", "Bavaria"], "events": [3, 1]})
    assert region_chart.top_regions(regions)["region"].to_list() == ["(empty)", "Bavaria"]
    assert region_chart.chosen(regions, "(empty)") == ([" "], False)


def test_region_bars_are_horizontal_labelled_and_start_at_zero() -> None:
    spec = region_chart.failed_logins_by_region(pl.DataFrame({"region": ["Istanbul"], "events": [3]})).to_dict()
    bar, value = spec["layer"]
    assert bar["encoding"]["y"]["field"] == "region"
    assert bar["encoding"]["x"]["scale"]["domainMin"] == 0
    assert bar["mark"]["color"] == palette.FAILURE
    assert value["encoding"]["text"]["field"] == "events"


def test_a_click_takes_a_whole_row_and_a_bar_knows_its_regions() -> None:
    regions = pl.DataFrame({"region": [f"r{n}" for n in range(12)] + [None], "events": [*range(100, 88, -1), 1]})
    *_, row = region_chart.failed_logins_by_region(regions, clickable=True).to_dict()["layer"]
    assert row["encoding"]["x"]["value"] == 0
    assert row["encoding"]["x2"]["value"] == "width"
    assert region_chart.chosen(regions, "r3") == (["r3"], False)
    assert region_chart.chosen(regions, "3 more") == ([f"r{n}" for n in range(10)], True)
    few = pl.DataFrame({"region": ["a", None], "events": [2, 1]})
    assert region_chart.chosen(few, "No region") == ([None], False)
    assert region_chart.chosen(few, "elsewhere") == ([], False)
