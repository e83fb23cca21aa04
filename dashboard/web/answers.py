"""What one run of the page shows: one link, one state, one moment, and each answer asked for once for all sessions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeVar

import polars as pl

from dashboard.errors import UsageError
from dashboard.events.filter import EventFilter
from dashboard.query import ranking, views
from dashboard.query.drawn import Drawn
from dashboard.query.engine import Engine
from dashboard.query.schemas import SCHEMAS
from dashboard.query.sort import NEWEST_FIRST
from dashboard.web import url
from dashboard.web.kept_answers import KeptAnswers
from dashboard.web.serving import waiting
from dashboard.web.serving.service import Service

ROWS = 100
kept = KeptAnswers(512)  # pages of 100 rows and small aggregates

T = TypeVar("T")

Key = tuple[object, ...]

Event = Mapping[str, Any]
"""One row of `events`: a value a column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """The link, the state and the moment that everything on screen agrees on."""

    view: url.View
    service: Service
    engine: Engine
    wanted: EventFilter  # the link's filter with its window in times, as the table, charts and files mean it
    newest: int  # the newest state when the run began

    @property
    def as_of(self) -> int:
        return self.engine.as_of

    @property
    def now(self) -> datetime:
        return self.engine.now

    @property
    def minute(self) -> datetime:
        """The moment that a span (`last`) is counted back from, in the queries and in words."""
        return end_of_minute(self.now)

    @property
    def follows(self) -> bool:
        """Whether new events appear by themselves: at the top of the newest first, with nothing open over it."""
        view = self.view
        return view.as_of is None and view.page == 1 and view.sort == NEWEST_FIRST and view.event is None

    @property
    def params(self) -> tuple[tuple[str, str], ...]:
        return tuple(self.wanted.to_params())

    def begin(self) -> None:
        """Begins to ask what the log's page shows, while it is being written: who wants an answer waits for it. What
        the session's run before it began to ask is let go.
        """
        ahead = waiting.ahead()
        ahead.ask(partial(self._ask_ahead, ahead))

    def _ask_ahead(self, ahead: waiting.Ahead) -> None:
        self.count()  # first, and alone: what the filter means is found with it
        for ask in (self.actions_over_time, self.failed_logins_by_region, self.rows):
            ahead.ask(ask)

    def count(self) -> int:
        return self._ask("count", (), lambda: views.count(self.engine, self.wanted))

    def pages(self) -> int:
        return max(1, -(-self.count() // ROWS))

    def page(self) -> int:
        """The page that is shown: the link's, or the last when there are fewer."""
        return min(self.view.page, self.pages())

    def rows(self) -> pl.DataFrame:
        """The page's rows, with the columns that the table shows, and those that it needs."""
        offset, sort = (self.page() - 1) * ROWS, self.view.sort
        columns = frozenset(self.view.layout.columns)
        key = (url.write_sort(sort), offset, *sorted(columns - SCHEMAS["log_page"].keys()))
        return self._ask("rows", key, lambda: views.log_page(self.engine, self.wanted, sort, offset, ROWS, columns))

    def drawn(self) -> Drawn | None:
        """What the charts of time draw; None when there is no event."""
        width = self.view.look.width
        return self._ask("drawn", (width,), lambda: views.drawn(self.engine, self.wanted, width=width))

    def actions_over_time(self) -> pl.DataFrame:
        drawn = self.drawn()
        return self._ask("over_time", (drawn,), lambda: views.actions_in(self.engine, self.wanted, drawn))

    def period_before(self, drawn: Drawn) -> pl.DataFrame:
        return self._ask("before", (drawn,), lambda: views.period_before(self.engine, self.wanted, drawn))

    def silences(self, drawn: Drawn) -> pl.DataFrame:
        key = (drawn, self.wanted.source, self.wanted.not_source)
        return self._ask("silences", key, lambda: views.silences(self.engine, self.wanted, drawn), of=())

    def history(self) -> pl.DataFrame:
        """The whole log over time up to now, whatever the filter; columns bucket, category, events."""
        so_far = EventFilter(until=self.minute)
        return self._ask("history", (self.minute,), lambda: views.actions_over_time(self.engine, so_far), of=())

    def categories(self) -> list[str | None]:
        """The whole log's categories, the most frequent first."""
        return self._ask("categories", (self.minute,), lambda: ranking.categories(self.history()), of=())

    def history_drawn(self) -> Drawn | None:
        so_far = EventFilter(until=self.minute)
        return self._ask("history_drawn", (self.minute,), lambda: views.drawn(self.engine, so_far), of=())

    def failed_logins_by_region(self) -> pl.DataFrame:
        return self._ask("regions", (), lambda: views.failed_logins_by_region(self.engine, self.wanted))

    def facets(self, field: str, top: int = 20, contains: str = "") -> pl.DataFrame:
        return self._ask(
            "facets", (field, top, contains), lambda: views.facets(self.engine, self.wanted, field, top, contains)
        )

    def network_facets(self, top: int = 20, contains: str = "") -> pl.DataFrame:
        return self._ask(
            "networks", (top, contains), lambda: views.network_facets(self.engine, self.wanted, top, contains)
        )

    def event(self, event_id: int) -> pl.DataFrame:
        return self._ask("event", (event_id,), lambda: views.event(self.engine, event_id))

    def about(self, wanted: EventFilter) -> "Screen":
        """The same state and moment, about other events."""
        return replace(self, wanted=wanted)

    def answer(self, question: Callable[..., T], *more: object) -> T:
        """What a question to the engine about the wanted events says; `more` are its further arguments, hashable."""
        key = (question.__module__, *more)
        return self._ask(question.__name__, key, lambda: question(self.engine, self.wanted, *more))

    def rows_at(self, place: int) -> pl.DataFrame:
        """The one row at a place of the whole list."""
        sort = self.view.sort
        key = (url.write_sort(sort), place)
        return self._ask("rows_at", key, lambda: views.log_page(self.engine, self.wanted, sort, place, 1))

    def place(self, event: Event) -> int | None:
        """How many rows of the list stand above the event, the newest first."""
        key, moment = (event["seq"],), event["occurred_at"]
        return self._ask("place", key, lambda: views.place(self.engine, self.wanted, moment, event["seq"]))

    def around(self, wanted: EventFilter, event: Event, earlier: int, later: int) -> pl.DataFrame:
        key, at = (event["seq"], tuple(wanted.to_params()), earlier, later), (event["occurred_at"], event["seq"])
        return self._ask("around", key, lambda: views.around(self.engine, wanted, *at, earlier=earlier, later=later))

    def target_history(self, event: Event, earlier: int, later: int) -> pl.DataFrame:
        key, at = (event["seq"], earlier, later), (event["target"], event["occurred_at"], event["seq"])
        ask = partial(views.target_history, self.engine, *at, earlier=earlier, later=later)
        return self._ask("target_history", key, ask)

    def _ask(self, name: str, more: Key, ask: Callable[[], T], of: Key | None = None) -> T:
        """The answer about the filter's events, or about those that `of` names. A newer click ends who asks."""
        events = self.wanted if of is None else of
        with waiting.by_this_run():
            return kept.get(self.service.log_id, self.engine.erasures, (self.as_of, events, name, *more), ask)


def open_screen(service: Service, view: url.View, as_of: int | None = None) -> Screen:
    """Fixes the state and the moment. Raises UsageError for a state to come."""
    newest = service.status().as_of
    wanted_state = view.as_of if view.as_of is not None else as_of
    if view.as_of is not None and view.as_of > newest:
        raise UsageError(f"as_of: the log has not come to #{view.as_of:,} yet", f"Its newest state is #{newest:,}.")
    engine = service.engine(wanted_state)
    return Screen(view=view, service=service, engine=engine, wanted=effective(service, engine, view), newest=newest)


def effective(service: Service, engine: Engine, view: url.View) -> EventFilter:
    """The view's filter with its window in times: the newest 30 days unless it says otherwise.

    `last` is counted back from the end of this minute: one answer serves a minute's runs, and no new event is late.
    """
    minute = end_of_minute(engine.now)
    if not view.is_default_window:
        return view.filter.at(minute)
    key = (engine.as_of, "opening", minute)
    window = kept.get(service.log_id, engine.erasures, key, lambda: views.opening_window(engine))
    return view.filter if window is None else view.filter.with_window(*window)


def end_of_minute(now: datetime) -> datetime:
    """The end of the minute that runs, in UTC."""
    return now.astimezone(UTC).replace(second=0, microsecond=0) + timedelta(minutes=1)
