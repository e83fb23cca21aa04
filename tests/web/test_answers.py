"""Answers are kept between runs, but none from before an erasure."""

from datetime import UTC, datetime

import polars as pl

from dashboard.archive.snapshot import Snapshot
from dashboard.events.filter import EventFilter
from dashboard.query.polars_engine import PolarsEngine
from dashboard.web import answers, url
from dashboard.web.answers import Screen
from tests.web import sample

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def screen(frame: pl.DataFrame, erasures: int) -> Screen:
    engine = PolarsEngine(Snapshot(frame.height, frame.lazy(), erasures), NOW)
    service = sample.SampleService(frame)
    return Screen(view=url.View(), service=service, engine=engine, wanted=EventFilter(), newest=frame.height)


def test_an_answer_is_kept_until_something_is_erased() -> None:
    answers.kept.clear()
    before = sample.frame(20, NOW)
    after = before.with_columns(actor=pl.lit(None, pl.String))
    named = screen(before, 3).rows()["actor"].drop_nulls().to_list()
    assert named
    assert screen(after, 3).rows()["actor"].drop_nulls().to_list() == named  # kept: nobody said that it changed
    assert screen(after, 4).rows()["actor"].drop_nulls().to_list() == []
    assert screen(after, 3).rows()["actor"].drop_nulls().to_list() == []  # the old answer is not in memory any more
