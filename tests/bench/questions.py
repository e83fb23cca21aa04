"""What is asked of every engine, as data: each engine of the benches reads it in its own way, and all answers agree."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import product
from typing import Self

import polars as pl

from dashboard.demo.bench import RETIRED
from dashboard.events.adornment import Width, width_of
from dashboard.events.filter import EventFilter
from dashboard.query import views
from dashboard.query.engine import Engine
from dashboard.query.sort import NEWEST_FIRST, Sort
from dashboard.web.url import SORTABLE

FACETS = ("category", "action", "outcome", "actor", "region", "country", "ip", "source")
TOP, PAGE = 20, 100
_REPOSITORIES = ("atlas-api", "borealis-api", "delta-api", "cobalt-api")
_WORDS = {
    "1 event in 260": tuple(part for name in _REPOSITORIES for part in (name, name[1:], name[:-1], name[1:-1])),
    "7 events in 10": tuple(map("".join, product("bB", "aA", "cC", "kK", ("up",)))),
    "no event": tuple(f"qqxv{letter}" for letter in "abcdefghijklmnop"),
}
"""Words of a search, and how many events hold one: more than the times that one is searched for."""
_WORDS_OF_A_MONTH = tuple(part for name in _REPOSITORIES for part in (name[2:], name[:-2], name[2:-1], name[1:-2]))

Answer = list[pl.DataFrame]


class Kind(StrEnum):
    """The forms of a question."""

    OVER_TIME = "over time"
    FAILED_LOGINS = "failed logins"
    SEARCH = "search"
    PAGE = "page"
    FACETS = "facets"


@dataclass(frozen=True, slots=True)
class Limits:
    """What the project holds itself to: a ratio to DuckDB, a factor over PostgreSQL, milliseconds."""

    duckdb: float | None = None  # our time at most this many times DuckDB's
    postgres: float | None = None  # PostgreSQL's time at least this many times ours
    ms: float | None = None


_BOTH = Limits(duckdb=1.0, postgres=10.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One question."""

    name: str
    kind: Kind
    wanted: EventFilter = field(default_factory=EventFilter)
    limits: Limits = field(default_factory=Limits)
    sort: Sort = NEWEST_FIRST
    offset: int = 0
    width: Width = Width.MONTH  # of a bucket, where there are any
    words: tuple[str, ...] = ()  # to search for, in turn
    first: bool = True  # whether it is also asked of a fresh process

    def turned(self, turn: int) -> Self:
        """The same question of another month or another word, so that no answer can be one that was kept."""
        wanted = self.wanted
        if wanted.since and wanted.until:
            days = timedelta(days=turn)
            wanted = wanted.with_window(wanted.since - days, wanted.until - days)
        if self.words:
            wanted = wanted.with_values("search", [self.words[turn % len(self.words)]])
        return replace(self, wanted=wanted)

    def finds_nothing(self, events: int) -> bool:
        """Whether the answer is empty: nobody wrote the word, or the log is younger than the retired feature."""
        return self.words == _WORDS["no event"] or (RETIRED in self.wanted.category and events < 4_000_000)

    @property
    def one_month(self) -> bool:
        """Whether it costs the same in a log of any length."""
        return self.wanted.since is not None


def questions(events: int, oldest: datetime, end: datetime) -> list[Question]:
    """Every question, of a log with so many events that ends at this moment."""
    month = EventFilter(since=end - timedelta(days=60), until=end - timedelta(days=30))
    return [
        Question(
            name="events per bucket and category, everything", kind=Kind.OVER_TIME, limits=_BOTH,
            width=width_of(oldest, end),
        ),
        Question(
            name="events per bucket and category, one month", kind=Kind.OVER_TIME, wanted=month, limits=_BOTH,
            width=width_of(end - timedelta(days=60), end - timedelta(days=30)),
        ),
        Question(name="failed logins by region, everything", kind=Kind.FAILED_LOGINS, limits=_BOTH),
        Question(name="failed logins by region, one month", kind=Kind.FAILED_LOGINS, wanted=month),
        *_searches(month),
        *_pages(events),
        Question(name="facets of eight fields, everything", kind=Kind.FACETS, limits=_BOTH),
        Question(name="facets of eight fields, one month", kind=Kind.FACETS, wanted=month, limits=_BOTH),
        Question(
            name="facets of eight fields, one category", kind=Kind.FACETS, wanted=EventFilter(category=("Auth",)),
            limits=_BOTH,
        ),
    ]  # fmt: skip


def _searches(month: EventFilter) -> list[Question]:
    everything = [
        Question(
            name=f"search in everything, a word of {often}", kind=Kind.SEARCH, words=words, limits=_BOTH,
            wanted=EventFilter(search=words[:1]),
        )
        for often, words in _WORDS.items()
    ]  # fmt: skip
    words = _WORDS_OF_A_MONTH
    wanted = month.with_values("search", words[:1])
    name = f"search in one month, a word of {next(iter(_WORDS))}"
    in_month = Question(name=name, kind=Kind.SEARCH, words=words, wanted=wanted)
    return [*everything, in_month]


def _pages(events: int) -> list[Question]:
    newest = {"newest page": EventFilter(), "newest page, one category": EventFilter(category=("Auth",))}
    newest["newest page, a category last seen a year ago"] = EventFilter(category=(RETIRED,))
    sorts = [Sort(column, descending=down) for column in SORTABLE for down in (True, False)]
    quick, as_duckdb = Limits(ms=30.0), Limits(duckdb=1.0)
    return [
        *(Question(name=name, kind=Kind.PAGE, wanted=wanted, limits=quick) for name, wanted in newest.items()),
        *(
            Question(
                name=f"first page by {sort}", kind=Kind.PAGE, sort=sort, limits=as_duckdb,
                first=sort in (Sort("actor"), Sort("description")),
            )
            for sort in sorts
            if sort != NEWEST_FIRST
        ),
        Question(name=f"the page {events // 2:,} deep", kind=Kind.PAGE, offset=events // 2, limits=as_duckdb),
    ]  # fmt: skip


def by_views(engine: Engine, question: Question) -> Answer:
    """Asks through the functions that the pages ask through, so by the files of `queries/views/`."""
    match question.kind:
        case Kind.OVER_TIME:
            return [views.actions_over_time(engine, question.wanted).filter(pl.col("events") > 0)]
        case Kind.FAILED_LOGINS:
            return [views.failed_logins_by_region(engine, question.wanted)]
        case Kind.SEARCH:
            return [counted(views.count(engine, question.wanted)), _page(engine, question)]
        case Kind.PAGE:
            return [_page(engine, question)]
        case Kind.FACETS:
            return [views.facets_of(engine, question.wanted, FACETS, TOP)]


def _page(engine: Engine, question: Question) -> pl.DataFrame:
    return views.log_page(engine, question.wanted, question.sort, question.offset, PAGE)


def counted(number: int) -> pl.DataFrame:
    """A count as a frame."""
    return pl.DataFrame({"events": [number]}, schema={"events": pl.Int64})


def difference(one: Answer, other: Answer) -> str:
    """What tells two answers apart, in a sentence; empty when they are equal."""
    if len(one) != len(other):
        return f"{len(one)} and {len(other)} frames"
    for place, (left, right) in enumerate(zip(one, other, strict=True)):
        if left.schema != right.schema:
            return f"frame {place}: {left.schema} and {right.schema}"
        if not left.equals(right):
            return f"frame {place}:\n{left}\n{right}"
    return ""
