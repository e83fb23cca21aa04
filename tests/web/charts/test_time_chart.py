from datetime import UTC, datetime, timedelta

import polars as pl

from dashboard.events.adornment import Width
from dashboard.query.drawn import Drawn
from dashboard.web.charts import palette, time_chart
from dashboard.web.charts.drawing import Drawing
from dashboard.web.charts.look import Form, Look, Scale
from dashboard.web.charts.time_chart import Around

START = datetime(2026, 11, 1, tzinfo=UTC)


def buckets(categories: int, days: int = 3) -> pl.DataFrame:
    rows = [(START + timedelta(days=day), f"c{n}", n * day) for day in range(days) for n in range(categories)]
    return pl.DataFrame(
        rows, schema={"bucket": pl.Datetime("us", "UTC"), "category": pl.String, "events": pl.Int64}, orient="row"
    )


def legend(drawing: Drawing) -> dict[str, str]:
    """The colour of each entry, in order."""
    words = drawing.frames["words"].drop_nulls("label")
    scale = drawing.to_dict()["encoding"]["color"]["scale"]
    for column, entries in (("label", scale["domain"]), ("colour", scale["range"])):
        assert [entry["expr"] for entry in entries] == [f"data('words')[{n}].{column}" for n in range(words.height)]
    return dict(words.select("label", "colour").iter_rows())


def test_the_time_axis_is_utc_and_says_so() -> None:
    spec = time_chart.actions_over_time(buckets(2), Width.DAY).to_dict()
    x = spec["encoding"]["x"]
    assert x["scale"]["type"] == "utc"
    assert x["title"] == "Time (UTC)"
    assert "utcFormat" in x["axis"]["labelExpr"]


def test_one_event_has_one_time_and_whole_numbers_on_its_axes() -> None:
    one = time_chart.actions_over_time(buckets(1, days=1), Width.MINUTE)
    assert set(one.frames["words"]["tick"]) == {START}
    assert one.to_dict()["encoding"]["y"]["axis"]["tickMinStep"] == 1
    assert set(time_chart.actions_over_time(buckets(1, days=9), Width.DAY).frames["words"]["tick"]) == {None}


def test_empty_buckets_stay_in_the_data_as_zero() -> None:
    drawn = time_chart.by_category(buckets(2), Width.DAY)
    assert drawn.filter(pl.col("start") == START)["events"].to_list() == [0, 0]
    assert drawn["end"][0] == START + timedelta(days=1)


def test_categories_beyond_eight_are_gathered_and_no_event_is_lost() -> None:
    frame = buckets(12)
    drawn = time_chart.by_category(frame, Width.DAY)
    assert drawn["category"].n_unique() == 9
    assert time_chart.OTHERS in drawn["category"]
    assert drawn["events"].sum() == frame["events"].sum()


def test_a_chart_of_many_bars_is_shapes_too() -> None:
    spec = time_chart.actions_over_time(buckets(9, days=400), Width.DAY).to_dict()
    assert spec["usermeta"]["embedOptions"] == {"renderer": "svg"}


def test_a_category_has_the_palettes_colour() -> None:
    frame = buckets(1).with_columns(category=pl.lit("Auth"))
    assert legend(time_chart.actions_over_time(frame, Width.DAY)) == {"Auth": palette.hue("Auth")}


DRAWN = Drawn(START + timedelta(hours=6), START + timedelta(days=3), Width.DAY)
NOW = START + timedelta(days=2, hours=12)
LINES = Look(form=Form.LINES)


def test_a_bucket_that_is_not_over_or_cut_is_told_and_pale() -> None:
    frame = buckets(1)
    drawn = time_chart.by_category(frame, Width.DAY, Around(drawn=DRAWN, now=NOW))
    assert drawn["state"].to_list() == ["cut", "", "so far"]
    assert drawn["since"][-1] == "2026-11-03 00:00, so far"
    spec = time_chart.actions_over_time(frame, Width.DAY, None, Around(drawn=DRAWN, now=NOW)).to_dict()
    assert spec["encoding"]["opacity"]["condition"][0]["value"] == 1
    assert spec["encoding"]["opacity"]["value"] < 1


def test_lines_are_dashed_where_a_bucket_is_not_whole() -> None:
    whole, dashed = time_chart.actions_over_time(
        buckets(2, days=5), Width.DAY, LINES, Around(drawn=DRAWN, now=NOW)
    ).to_dict()["layer"]
    assert whole["transform"][0] == {"filter": "(datum.state === '')"}
    assert dashed["mark"]["strokeDash"]


def test_shares_fill_each_bucket_and_a_logarithmic_scale_shows_zero() -> None:
    share = time_chart.actions_over_time(buckets(2), Width.DAY, Look(form=Form.SHARE)).to_dict()["encoding"]["y"]
    assert (share["stack"], share["axis"]["format"]) == ("normalize", ".0%")
    log = time_chart.actions_over_time(buckets(2), Width.DAY, Look(form=Form.LINES, scale=Scale.LOG)).to_dict()
    assert log["encoding"]["y"]["scale"]["type"] == "symlog"
    assert log["encoding"]["y"]["stack"] is None


def test_the_period_before_is_a_pale_line_above_the_bars() -> None:
    around = Around(drawn=DRAWN, now=NOW, before=buckets(2))
    bars, line = time_chart.actions_over_time(buckets(2), Width.DAY, None, around).to_dict()["layer"]
    assert bars["mark"]["type"] == "bar"
    assert (line["mark"]["type"], line["mark"]["opacity"] < 1) == ("line", True)
    assert line["encoding"]["x"]["title"] == bars["encoding"]["x"]["title"] == "Time (UTC)"


def test_a_silence_is_a_hatched_field_behind_the_bars() -> None:
    gap = pl.DataFrame({"source": ["cron"], "since": [START], "until": [START + timedelta(days=1)]})
    spec = time_chart.actions_over_time(buckets(1), Width.DAY, None, Around(drawn=DRAWN, now=NOW, silences=gap))
    field, slants, bars = spec.to_dict()["layer"]
    assert [layer["mark"]["type"] for layer in (field, slants, bars)] == ["rect", "rule", "bar"]
    assert field["encoding"]["tooltip"][0]["field"] == "source"


def test_only_a_clickable_chart_has_selections() -> None:
    assert "params" not in time_chart.actions_over_time(buckets(2), Width.DAY).to_dict()
    spec = time_chart.actions_over_time(buckets(2), Width.DAY, clickable=True).to_dict()
    assert {param["name"]: param["select"]["type"] for param in spec["params"]} == {"span": "interval", "pick": "point"}


def test_an_entry_of_the_legend_stands_for_its_category_and_others_for_all_but_the_named() -> None:
    frame = buckets(12)
    assert time_chart.chosen(time_chart.kept(frame), "c11") == (["c11"], False)
    named, others = time_chart.chosen(time_chart.kept(frame), time_chart.OTHERS)
    assert others
    assert sorted(named) == sorted(f"c{n}" for n in range(4, 12))
    assert time_chart.chosen(time_chart.kept(frame), "nothing") == ([], False)


def test_a_drag_is_widened_to_whole_buckets_and_kept_within_what_is_drawn() -> None:
    day = timedelta(days=1)
    assert time_chart.snapped(DRAWN, START + day * 1.5, START + day * 1.6) == (START + day, START + 2 * day)
    assert time_chart.snapped(DRAWN, START - day, START + day / 2) == (DRAWN.since, START + day)
    assert time_chart.snapped(DRAWN, START + 9 * day, START + 10 * day) is None


def test_a_filter_changes_the_numbers_and_not_the_text_of_the_chart() -> None:
    around = Around(drawn=DRAWN, now=NOW, log=[f"c{n}" for n in range(12)])
    whole = time_chart.actions_over_time(buckets(12, days=9), Width.DAY, None, around)
    narrowed = time_chart.actions_over_time(buckets(2, days=9), Width.DAY, None, around)
    rare = time_chart.actions_over_time(buckets(12).filter(pl.col("category") == "c11"), Width.DAY, None, around)
    short = time_chart.actions_over_time(buckets(12, days=3), Width.HOUR, None, around)
    assert len({drawing.text for drawing in (whole, narrowed, rare, short)}) == 1
    assert not whole.frames["events"].equals(narrowed.frames["events"])
    assert [*legend(narrowed)] == [*legend(whole)] == [*(f"c{n}" for n in range(8)), "All others"]
    assert legend(rare).items() >= {name: hue for name, hue in legend(whole).items() if name != "c7"}.items()
    assert [*legend(rare)] == [*(f"c{n}" for n in range(7)), "c11", "All others"]
    assert set(short.frames["words"]["format"]) == {"%-d %b %H:%M"}


def test_a_category_that_is_none_of_the_logs_most_frequent_is_named_where_there_are_few() -> None:
    log = [f"c{n}" for n in range(12)]
    rare = buckets(12).filter(pl.col("category").is_in(["c1", "c11"]))
    assert time_chart.kept(rare, log) == ["c0", "c1", "c2", "c3", "c4", "c5", "c6", "c11"]
    assert time_chart.kept(buckets(12), log) == log[:8]
    assert time_chart.kept(rare, ["c0"]) == ["c0", "c11", "c1"]  # two that came since the log's were counted
    assert set(time_chart.kept(rare)) == {"c1", "c11"}
