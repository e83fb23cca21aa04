"""What the search bar offers while somebody types: names of fields, then the field's most frequent values with counts.

The script in the browser reads nothing of the language: it sends the line, and puts in what it is given.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from dashboard.errors import UsageError
from dashboard.events import search_text
from dashboard.events.filter import FIELD_COLUMNS, TIME_FIELDS, as_text
from dashboard.events.unfinished import Unfinished, unfinished
from dashboard.query import views
from dashboard.web import answers, text, url
from dashboard.web.address import Pairs
from dashboard.web.answers import Screen
from dashboard.web.log.time_menu import PERIODS, RANGES
from dashboard.web.serving import service

PATH = "/api/complete"
BEFORE, AFTER = "line-before", "line-after"
MOST = 8
NAMES = {
    "actor": "who acted",
    "action": "what was done",
    "category": "of the action",
    "outcome": "success, failure, unknown",
    "region": "of the address",
    "country": "its code, such as TR",
    "ip": "an address or a network",
    "target": "what it was done to",
    "source": "where the event came from",
    "last": "a span up to now, such as 7d",
    "during": "a stretch of the calendar, such as yesterday",
    "since": "a time, such as 2026-11-01",
    "until": "a time, itself not included",
    "after": "the same as since",
    "before": "the same as until",
    "exact": "the whole of a text",
    "prefix": "what a text begins with",
    "regex": "what a text matches",
    "clock": "ahead, behind: a claimed time that can't be right",
}
_SPANS = {"last": {span: told for span, told in RANGES.items() if span[0].isdigit()}, "during": PERIODS}
_TIMES = (*TIME_FIELDS, "after", "before")
_LONGEST = 1_000  # of a value that is offered; the bar holds 4,000 characters


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be put in the token's place, how it is shown and what is told of it; all of it plain text."""

    text: str
    shown: str
    told: str


def complete(pairs: Pairs) -> dict[str, object]:
    """Answers `GET /api/complete?<link>&line-before=…&line-after=…`, the line parted at its caret.

    Counts are of the events that the rest of the line means, in the link's state. Raises UsageError for a bad link.
    """
    given = dict(pairs)
    view = url.parse([pair for pair in pairs if pair[0] not in (BEFORE, AFTER)])
    typing = unfinished(given.get(BEFORE, ""), given.get(AFTER, ""))
    offered = _names(typing) if typing.name is None else _values(view, typing, typing.name)
    blank = " " if typing.head and not typing.head[-1].isspace() else ""
    return {"head": typing.head + blank, "tail": typing.tail, "offers": [asdict(offer) for offer in offered]}


def _names(typing: Unfinished) -> Iterator[Offer]:
    sign = "-" if typing.excluded else ""
    for name, told in NAMES.items():
        if name.startswith(typing.typed.lower()) and not (typing.excluded and name in _TIMES):
            yield Offer(f"{sign}{name}:", f"{sign}{name}:", told)


def _values(view: url.View, typing: Unfinished, name: str) -> Sequence[Offer]:
    """Nothing for what is no field with values, and where the rest of the line can't be read."""
    end = "" if typing.tail[:1].isspace() else " "
    if name in _SPANS and not typing.excluded:
        spans = {span: told for span, told in _SPANS[name].items() if span.startswith(typing.typed)}
        return [Offer(f"{name}:{span}{end}", span, told.lower()) for span, told in spans.items()]
    if name not in FIELD_COLUMNS:
        return ()
    try:
        rest = search_text.read(typing.rest)
    except UsageError:
        return ()
    field = f"not-{name}" if typing.excluded else name
    screen = answers.open_screen(service.current(), view.narrowed(rest))
    return [
        Offer(f"{search_text.token(field, written)}{end}", shown, told)
        for written, shown, told in _most_frequent(screen, name, typing.typed, getattr(rest, field.replace("-", "_")))
    ][:MOST]


def _most_frequent(screen: Screen, name: str, typed: str, chosen: Sequence[str]) -> Iterator[tuple[str, str, str]]:
    """Values as the filter writes them, as they are shown, and their counts; a line can't hold those with breaks."""
    top = MOST + len(chosen)  # what somebody types is asked once: it would push the pages' answers out of memory
    found = views.facets(screen.engine, screen.wanted, name, top, typed) if typed else screen.facets(name, top)
    for value, events in found.select("value", "events").iter_rows():
        written = as_text(value)
        if written in chosen or len(written) > _LONGEST or "\n" in written or "\r" in written:
            continue
        shown = written if value is None else text.one_line(value) or "(empty)"
        yield written, shown, f"{events:,}"
