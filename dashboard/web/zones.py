"""The zone that times are written in: UTC, the reader's own, or the organisation's.

It is the reader's preference, and no part of a link: a link means the same events to whoever opens it, and each reader
sees their times as he likes. UTC stands until somebody chooses. What is counted by days, weeks and months is counted by
those of UTC, and says so.
"""

from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import streamlit as st

from dashboard.web import text
from dashboard.web.held import told
from dashboard.web.saved import reader
from dashboard.web.serving import service

KEY, OURS = "zone-choice", "organisation-zone"


class Choice(StrEnum):
    """Whose zone."""

    UTC = "utc"
    OWN = "own"
    ORGANISATION = "organisation"


def named(name: str | None) -> ZoneInfo | None:
    """The zone of a name such as Europe/Berlin; None when there is none: a browser may name anything."""
    try:
        return ZoneInfo(name) if name else None
    except (ValueError, OSError, ZoneInfoNotFoundError):
        return None


def name_of(zone: tzinfo) -> str:
    """The zone's name in the tz database."""
    return zone.key if isinstance(zone, ZoneInfo) else "UTC"


def shown() -> tzinfo:
    """The zone that this reader wants to see; UTC where what he chose is not known."""
    choice: Choice = st.session_state.get(KEY, Choice.UTC)
    return UTC if choice == Choice.UTC else _known().get(choice, UTC)


def switch() -> None:
    """The one switch: every time on every page follows it."""
    known = _known()
    if len(known) == 1:
        st.caption("Times in UTC")
        return
    if st.session_state.get(KEY) not in known:  # chosen in another browser, or before the setting was taken away
        st.session_state[KEY] = Choice.UTC
    st.selectbox(
        "Times in", list(known), format_func=lambda choice: _told(choice, known[choice]), key=KEY,
        on_change=_keep,
        help="How times are written for you. Links and files do not change: files are in UTC, and days, weeks and "
        "months are counted by UTC.",
    )  # fmt: skip


def _keep() -> None:
    """Remembers the choice for the next visit, for a reader who can be told from others."""
    who = reader.current()
    if who is not None:
        with told():
            service.current().saved.see_times_in(st.session_state[KEY], who.key)


def _known() -> dict[Choice, tzinfo]:
    """What there is to choose from."""
    own, ours = named(st.context.timezone), named(st.session_state.get(OURS))
    found: dict[Choice, tzinfo] = {Choice.UTC: UTC}
    if own is not None and own.key not in ("UTC", "Etc/UTC"):
        found[Choice.OWN] = own
    if ours is not None and ours != own:
        found[Choice.ORGANISATION] = ours
    return found


def _told(choice: Choice, zone: tzinfo) -> str:
    whose = {Choice.UTC: "", Choice.OWN: " (yours)", Choice.ORGANISATION: " (organisation)"}
    return f"{name_of(zone)}{whose[choice]}"


def instant(wall: datetime, zone: tzinfo, *, is_end: bool = False) -> tuple[datetime, str]:
    """The UTC time of what a clock shows there, and a sentence where a change of clocks leaves two such times, or none.

    Of two, a window's start is the first and its end the second; for none stands the moment of the change: either way
    the window holds all that can be meant.
    """
    first, second = (wall.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    before, after = first.utcoffset() or timedelta(), second.utcoffset() or timedelta()
    shown_as = f"{wall:%Y-%m-%d %H:%M}"
    if before == after:
        return first.astimezone(UTC), ""
    if before > after:
        which, meant = ("second", second) if is_end else ("first", first)
        told = f"{shown_as} comes twice in {name_of(zone)}: the {which} is meant, {text.offset(meant)}."
        return meant.astimezone(UTC), told
    change = _change(second.astimezone(UTC), first.astimezone(UTC), zone)
    local = change.astimezone(zone)
    told = f"{local:%H:%M} {text.offset(local)}, when its clocks change"
    return change, f"{name_of(zone)} skips {shown_as}: {told}, is meant."


def _change(low: datetime, high: datetime, zone: tzinfo) -> datetime:
    """The second between two times at which the offset changes."""
    after = high.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + (high - low) // 2
        if middle.astimezone(zone).utcoffset() == after:
            high = middle
        else:
            low = middle
    return high.replace(microsecond=0)
