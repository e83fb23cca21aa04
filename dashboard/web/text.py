"""Log text on its way to the screen: bounded, visible, never Markdown. And the words for times, nobody and nothing."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo

from dashboard.events.folding import is_blank, visible
from dashboard.events.vocabulary import ActorType

NOTHING = "—"  # no actor because the system acted, no address, no region
UNKNOWN = "unknown"  # somebody acted, and nobody knows who
ERASED = "erased"  # it was known, and was erased on request

LONGEST_CELL = 400
LONGEST_LABEL = 60

_MARKDOWN = re.compile(r"[\\`*_{}\[\]()<>#+\-.!|~$:&^=/@\"'%]")
# Escaped or not, Streamlit makes links, icons and arrows of these; it finds them in what its Markdown reader leaves.
_MADE_INTO_MORE = re.compile(
    r"(?<=http:)(?=//)|(?<=https:)(?=//)|(?<=www)(?=\.)|(?<=@)(?=[-\w])|(?<=:)(?=(?!\d+:)[-+\w]+:)|(?<=[<>~-])(?=[->=])",
    re.IGNORECASE,
)
_WORD_JOINER = "\u2060"  # nothing to see, and no line breaks there; one in the log is written out
_FROM_THE_RIGHT = r"\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc\U00010800-\U00010fff\U0001e800-\U0001efff"
_RUN = re.compile(rf"[{_FROM_THE_RIGHT}](?:[{_FROM_THE_RIGHT}\s_.,-]*[{_FROM_THE_RIGHT}])?")
_ISOLATE, _ISOLATED = "\u2068", "\u2069"
_SPACE = re.compile(r"[ \t\r\n\v\f\x85\u2028\u2029]+")
_UNITS = (
    ("year", timedelta(days=365)),
    ("month", timedelta(days=30)),
    ("day", timedelta(days=1)),
    ("hour", timedelta(hours=1)),
    ("minute", timedelta(minutes=1)),
    ("second", timedelta(seconds=1)),
)
_ERASABLE = {
    "actor": "actor",
    "source_ip": "client",
    "user_agent": "client",
    "reported_region": "client",
    "region": "place",
    "country": "place",
}


def one_line(text: str, longest: int = LONGEST_CELL) -> str:
    """The text on one line of at most `longest` characters, each control or direction character written out."""
    line = visible(_SPACE.sub(" ", text[: longest * 4]).strip())
    return line if len(line) <= longest and len(text) <= longest * 4 else line[: longest - 1] + "…"


def several_lines(text: str, longest: int) -> str:
    """The text with its own line breaks, bounded, each other control character written out."""
    lines = text[:longest].replace("\r\n", "\n").split("\n")
    return "\n".join(visible(line) for line in lines) + ("…" if len(text) > longest else "")


def label(text: str, longest: int = LONGEST_LABEL) -> str:
    """The text as a widget's label, which Streamlit reads as Markdown, shows it: every mark of Markdown is escaped.

    What would become a link or an icon all the same is parted by a word joiner, and a name that is read from the right
    is isolated, or else a time behind it would be turned round: both are copied along.
    """
    parted = _MADE_INTO_MORE.sub(_WORD_JOINER, one_line(text, longest))
    isolated = _RUN.sub(lambda run: f"{_ISOLATE}{run[0]}{_ISOLATED}", parted)
    return _MARKDOWN.sub(lambda mark: "\\" + mark[0], isolated)


def labels(texts: Iterable[str]) -> dict[str, str]:
    """A short plain label for each text, no two of them the same: a picker knows its options by their labels."""
    found: dict[str, str] = {}
    taken: set[str] = set()
    for text in texts:
        short = candidate = "(empty)" if is_blank(text) else one_line(text, LONGEST_LABEL)
        again = 1
        while candidate in taken:
            again += 1
            candidate = f"{short} ({again})"
        taken.add(candidate)
        found[text] = candidate
    return found


def shown(
    column: str, value: str | None, actor_type: str | None, erased: str | None, longest: int = LONGEST_CELL
) -> str:
    """A column's value as the table writes it. Erased is not system, and unknown is neither."""
    if value is not None:
        return "(empty)" if is_blank(value) and (value or column == "actor") else one_line(value, longest)
    if _ERASABLE.get(column, column) in (erased or "").split(","):
        return ERASED
    return UNKNOWN if column == "actor" and actor_type != ActorType.SYSTEM else NOTHING


def exact(moment: datetime, zone: tzinfo = UTC) -> str:
    """To the second, with the zone said: `2026-11-23 08:11:57 UTC`, elsewhere by its offset, which means one thing
    only: `2026-11-23 09:11:57 +01:00`.
    """
    local = moment.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M:%S} {offset(local)}"


def offset(local: datetime) -> str:
    """How far its clock is from UTC: `UTC`, `+01:00`."""
    if local.tzinfo is UTC:
        return "UTC"
    minutes = round((local.utcoffset() or timedelta()).total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def day(moment: datetime) -> str:
    """The UTC day: `23 Nov 2026`."""
    return f"{moment.astimezone(UTC):%-d %b %Y}"


def relative(moment: datetime, now: datetime) -> str:
    """How long ago: `1 day ago`, `in 3 hours`, `just now`; whole units, cut and never rounded up."""
    away = now - moment
    for name, unit in _UNITS:
        count = abs(away) // unit
        if count:
            amount = f"{count} {name}" if count == 1 else f"{count} {name}s"
            return f"in {amount}" if away < timedelta() else f"{amount} ago"
    return "just now"


def count(number: int, singular: str = "event", plural: str | None = None) -> str:
    """`1 event`, `60,123 events`."""
    return f"{number:,} {singular if number == 1 else plural or f'{singular}s'}"
