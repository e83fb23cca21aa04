"""The filter flags, the same for each command that looks at events."""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer

from dashboard.events import search_text
from dashboard.events.filter import FIELDS, TIME_FIELDS, EventFilter
from dashboard.events.times import Period

_HELP = {
    "since": "Events that happened at this time or later; UTC unless the time says otherwise.",
    "until": "Events that happened before this time.",
    "last": "Events of the last 30m, 24h, 7d or 2w, instead of times.",
    "during": f"Events of {', '.join(Period)}, by the UTC calendar, instead of times.",
    "category": "Events of this category.",
    "action": "Events with this action.",
    "outcome": "success, failure or unknown.",
    "actor": "Events by this actor; (none) for those without one.",
    "region": "Events from this region; (none) for those without one.",
    "country": "Events from this country, as its two letters.",
    "ip": "Events from this address or network.",
    "target": "Events on this target.",
    "source": "Events reported by this source.",
    "clock": "Events whose claimed time is ahead, behind or (none) of the two.",
    "search": "Events that mention this text.",
    "prefix": "Events that have a text beginning with this.",
    "exact": "Events that have a text equal to this, letter case aside.",
    "regex": "Events that have a text matching this regular expression (a subset: see the README).",
}
_FILTER = (EventFilter, "EventFilter")  # a command may import it for its types only
_WHERE = "where"
_PANEL, _NOT_PANEL = "Filters (each but the times may be repeated)", "Filters that exclude"


def filtered(command: Callable[..., Any]) -> Callable[..., Any]:
    """Gives a command the filter flags: its parameter that is an EventFilter gets the one they mean."""
    own = inspect.signature(command)
    filled = next(name for name, parameter in own.parameters.items() if parameter.annotation in _FILTER)
    kept = [parameter for name, parameter in own.parameters.items() if name != filled]

    @functools.wraps(command)
    def with_flags(**given: Any) -> Any:
        flags = {name: given.pop(name) for name in _names()}
        typed = search_text.read(given.pop(_WHERE) or "").to_params()
        return command(**{filled: EventFilter.from_params([*_pairs(flags), *typed])}, **given)

    with_flags.__signature__ = own.replace(parameters=[*_keyword_only(kept), *_flags()])  # type: ignore[attr-defined]  # typer reads it
    with_flags.__annotations__ = {
        parameter.name: parameter.annotation for parameter in inspect.signature(with_flags).parameters.values()
    }
    return with_flags


def _pairs(flags: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, given in flags.items():
        texts = given if isinstance(given, list) else [] if given is None else [given]
        yield from ((name.replace("_", "-"), text) for text in texts)


def _names() -> Iterator[str]:
    yield from TIME_FIELDS
    yield from (name for field in FIELDS for name in (field, f"not_{field}"))


def _flags() -> Iterator[inspect.Parameter]:
    told = "The filter as one line, as in the page's search: 'actor:ci-bot -category:Backup \"two words\" last:7d'."
    where = typer.Option("--where", help=told, rich_help_panel=_PANEL)
    yield inspect.Parameter(
        _WHERE, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[str | None, where]
    )
    for name in _names():
        field = name.removeprefix("not_")
        told = _HELP[field] if name == field else f"Not: {_HELP[field][0].lower()}{_HELP[field][1:]}"
        option = typer.Option(
            f"--{name.replace('_', '-')}", help=told, rich_help_panel=_PANEL if name == field else _NOT_PANEL
        )
        kind = str | None if name in TIME_FIELDS else list[str] | None
        yield inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[kind, option])


def _keyword_only(parameters: list[inspect.Parameter]) -> list[inspect.Parameter]:
    return [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY) for parameter in parameters]
