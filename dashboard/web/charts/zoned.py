"""A chart's times in the zone that the reader looks at.

Buckets are cut in UTC whatever zone that is: a link shows everybody the same numbers. So the axis of buckets of an hour
or less, which begin on whole hours of nearly every zone, follows the reader; that of longer ones says UTC, and the
tooltip has both.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo

import altair as alt
import polars as pl

from dashboard.events.adornment import Width
from dashboard.web import text, zones
from dashboard.web.charts import drawing

FOLLOWING = (Width.MINUTE, Width.FIVE_MINUTES, Width.HOUR)
"""The widths whose axis is in the reader's zone."""

HERE = "here"
_MILLISECOND = timedelta(milliseconds=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def axis_zone(width: Width, zone: tzinfo) -> tzinfo:
    """The zone that the axis is labelled in."""
    return zone if width in FOLLOWING else UTC


def label_expression(form: str, starts: Iterable[datetime], zone: tzinfo) -> str:
    """Vega's expression of a tick's label; `form` is one, too, of the format.

    Vega knows UTC and the browser's zone only: another one is said to it as what to add, in pieces where the clocks
    change between the first start and the last.
    """
    return f"utcFormat(time(datum.value){_shift(starts, zone)}, {form})"


def _shift(starts: Iterable[datetime], zone: tzinfo) -> str:
    if zone is UTC:
        return ""
    pieces: list[tuple[int, int]] = []  # from which millisecond on, how many to add
    for start in sorted(set(starts)):
        away = (start.astimezone(zone).utcoffset() or timedelta()) // _MILLISECOND
        if not pieces or pieces[-1][1] != away:
            pieces.append(((start - _EPOCH) // _MILLISECOND, away))
    if not pieces:
        return ""
    said = str(pieces[0][1])
    for since, away in pieces[1:]:
        said = f"(time(datum.value) < {since} ? {said} : {away})"
    return f" + {said}"


def with_here(frame: pl.DataFrame, column: str, zone: tzinfo) -> pl.DataFrame:
    """The frame with a column of the times in the zone, in words; as it is for UTC, which stands there anyway."""
    if zone is UTC:
        return frame
    times = frame[column].unique()
    local = [moment.astimezone(zone) for moment in times]
    words = [f"{moment:%Y-%m-%d %H:%M} {text.offset(moment)}" for moment in local]
    return frame.with_columns(pl.col(column).replace_strict(times, words, return_dtype=pl.String).alias(HERE))


def title(zone: tzinfo) -> str | None:
    """The name of what `with_here` adds; None where it adds nothing."""
    return None if zone is UTC else f"From ({zones.name_of(zone)})"


def tooltips(*, has_here: bool) -> list[alt.Tooltip]:
    """The line of a tooltip for what `with_here` added, with a hole for its title; none where it added nothing."""
    return [alt.Tooltip(HERE, type="nominal", title=drawing.hole("here"))] if has_here else []
