"""What a chart says, in one sentence: plain text, to be escaped where it is shown as Markdown."""

from datetime import datetime
from statistics import median

import polars as pl

from dashboard.events.adornment import Width
from dashboard.query.drawn import Drawn, moved
from dashboard.web import text
from dashboard.web.charts.region_chart import NO_REGION
from dashboard.web.charts.time_marks import WIDTHS

_MUCH = 1.2
_MOMENTS = {
    Width.DAY: "on {:%-d %b %Y}",
    Width.WEEK: "in the week of {:%-d %b %Y}",
    Width.MONTH: "in {:%b %Y}",
    Width.YEAR: "in {:%Y}",
}


def of_time(frame: pl.DataFrame, drawn: Drawn, now: datetime, before: pl.DataFrame | None = None) -> str:
    """How many there are, when most of them were and how that compares with the median of the buckets that are over."""
    grouped = frame.lazy().group_by("bucket").agg(pl.col("events").sum()).sort("bucket")
    totals = grouped.with_columns(end=moved(pl.col("bucket"), drawn.width, 1)).collect(engine="in-memory")
    counted = f"{text.count(int(totals['events'].sum()))} in this view, per {WIDTHS[drawn.width]}"
    start, most, _ = max(totals.iter_rows(), key=lambda bucket: bucket[1])  # of equal ones the first
    peak = f"most {when(start, drawn.width)}, {most:,}"
    over = [events for _, events, end in totals.iter_rows() if end <= min(now, drawn.until)]
    usual = median(over) if len(over) > 2 else 0
    compared = f", {most / usual:.1f} times the median" if most >= _MUCH * usual > 0 else ""
    return f"{counted}: {peak}{compared}{_change(totals, before)}."


def _change(totals: pl.DataFrame, before: pl.DataFrame | None) -> str:
    if before is None:
        return ""
    now, then = int(totals["events"].sum()), int(before["events"].sum())
    if not then:
        return "; none in the period before"
    return f"; {abs(now - then) / then:.0%} {'fewer' if now < then else 'more'} than in the period before"


def when(start: datetime, width: Width) -> str:
    """`on 14 Nov 2026`, `at 14 Nov 2026 08:00 UTC`."""
    return _MOMENTS.get(width, "at {:%-d %b %Y %H:%M} UTC").format(start)


def of_regions(regions: pl.DataFrame) -> str:
    """How many logins failed, and where most of them came from."""
    failed = int(regions["events"].sum())
    counted = f"{text.count(failed, 'failed login')} in this view"
    if not failed:
        return f"{counted}."
    region, events = regions.row(0)
    name = NO_REGION.lower() if region is None else text.one_line(region, 40)
    return f"{counted}: {events / failed:.0%} from {name}."


def of_silences(silences: pl.DataFrame) -> str:
    """Which sources were silent; nothing where none was."""
    if silences.is_empty():
        return ""
    first = silences.row(0, named=True)
    more = f", and {silences.height - 1} more" if silences.height > 1 else ""
    name, since, until = text.one_line(first["source"] or "", 40), first["since"], first["until"]
    return f"Hatched: {name} reported nothing from {since:%-d %b %H:%M} to {until:%-d %b %H:%M} UTC{more}."


def of_history(history: pl.DataFrame) -> str:
    """How many events the log holds in all, and since when."""
    total = int(history["events"].sum())
    return f"{text.count(total)} in the whole log, since {text.day(history['bucket'].min())}."  # type: ignore[arg-type]  # times
