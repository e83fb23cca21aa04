"""The URL is the one source of truth: what a link says is read here before any widget runs, and written here only."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

from dashboard.errors import UsageError
from dashboard.events.filter import EventFilter
from dashboard.query.sort import NEWEST_FIRST, Sort
from dashboard.web import address
from dashboard.web.address import Pairs
from dashboard.web.charts import look
from dashboard.web.charts.look import Look
from dashboard.web.log import layout
from dashboard.web.log.layout import Layout

SORTABLE = layout.CHOICES
MOST_COMPARED = 6
_OWN = ("sort", "page", "event", "as_of", "range", "compare", *look.NAMES, *layout.NAMES)
_LARGEST = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a link asks for: the filter, and how to look at its events."""

    filter: EventFilter = field(default_factory=EventFilter)
    all_time: bool = False  # `range=all`: no window of its own, instead of the newest 30 days
    sort: Sort = NEWEST_FIRST
    page: int = 1
    event: int | None = None  # the event whose details are open
    as_of: int | None = None  # a state to stay at; without it the newest one
    compare: tuple[int, ...] = ()  # the events that are held against each other, in the order they were chosen
    look: Look = field(default_factory=Look)  # of the chart of time
    layout: Layout = field(default_factory=Layout)  # of the table

    @property
    def is_default_window(self) -> bool:
        """Whether nothing says which times are meant, so that the newest 30 days are."""
        return not (self.all_time or self.filter.is_timed)

    def narrowed(self, to: EventFilter) -> "View":
        """The same look at other events, from their first page on."""
        return replace(self, filter=to, page=1, event=None, all_time=self.all_time and not to.is_timed)

    @property
    def rows(self) -> "View":
        """The same rows, with no event open and all drawn as it comes: what names a table and its state."""
        return replace(self, event=None, as_of=None, compare=(), look=Look(), layout=Layout())

    def sorted_by(self, sort: Sort) -> "View":
        return replace(self, sort=sort, page=1, event=None)


def parse(pairs: Pairs) -> View:
    """Reads a link; raises UsageError naming the first thing it can't take, and never drops one in silence."""
    own = dict(reversed([pair for pair in pairs if pair[0] in _OWN]))
    names = [name for name, _ in pairs if name in _OWN]
    for name in own:
        if names.count(name) > 1 and name != "compare":
            raise UsageError(f"{name}: is given twice", "Keep one of them.")
    view = View(
        filter=EventFilter.from_params(pairs, ignore=_OWN),
        all_time=_all_time(own.get("range")),
        sort=parse_sort(own.get("sort")),
        page=_number("page", own.get("page"), least=1) or 1,
        event=_number("event", own.get("event"), least=0),
        as_of=_number("as_of", own.get("as_of"), least=0),
        compare=_compared([text for name, text in pairs if name == "compare"]),
        look=look.read(own),
        layout=layout.read(own),
    )
    if view.all_time and view.filter.is_timed:
        raise UsageError("range: can't be joined with times", "Give either all time or since, until, last or during.")
    return view


def parse_sort(text: str | None) -> Sort:
    """Reads `actor:desc`; raises UsageError for a column that isn't in the table."""
    if text is None:
        return NEWEST_FIRST
    column, _, direction = text.partition(":")
    if column not in SORTABLE or direction not in ("asc", "desc"):
        raise UsageError(f"sort: {text[:64]!r} is unknown", f"Write one of {', '.join(SORTABLE)}, then :asc or :desc.")
    return Sort(column, descending=direction == "desc")


def to_pairs(view: View) -> list[tuple[str, str]]:
    """The pairs that `parse` reads back as an equal view; what is the default is not written."""
    pairs = list(view.filter.to_params())
    pairs += [("range", "all")] if view.all_time else []
    pairs += [("sort", write_sort(view.sort))] if view.sort != NEWEST_FIRST else []
    pairs += [("page", str(view.page))] if view.page > 1 else []
    pairs += [("as_of", str(view.as_of))] if view.as_of is not None else []
    pairs += [("compare", str(one)) for one in view.compare]
    pairs += [*view.look.pairs(), *view.layout.pairs()]
    return pairs + ([("event", str(view.event))] if view.event is not None else [])


def write_sort(sort: Sort) -> str:
    return f"{sort.column}:{'desc' if sort.descending else 'asc'}"


def link(path: str, pairs: Pairs) -> str:
    """A link within this site; every value is encoded, so log text can't leave its place in it."""
    return f"{path}?{urlencode(pairs)}" if pairs else path


def current() -> View:
    """What the browser's address asks for. Raises UsageError."""
    return parse(address.current())


def go(view: View) -> None:
    """Makes the browser's address ask for this view."""
    address.write(to_pairs(view))


def _all_time(text: str | None) -> bool:
    if text not in (None, "all"):
        raise UsageError(f"range: {text[:64]!r} is unknown", "Write range=all, or since, until, last or during.")
    return text == "all"


def _compared(texts: Sequence[str]) -> tuple[int, ...]:
    found = tuple(one for text in texts if (one := _number("compare", text, least=0)) is not None)
    if len(set(found)) < len(found):
        raise UsageError("compare: an event is named twice", "Keep one of them.")
    if len(found) > MOST_COMPARED:
        raise UsageError(f"compare: there are more than {MOST_COMPARED} events", "Take some away.")
    return found


def _number(name: str, text: str | None, least: int) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= _LARGEST):
        raise UsageError(f"{name}: {text[:64]!r} is not a whole number from {least}", "Open the log without it.")
    return int(text)
