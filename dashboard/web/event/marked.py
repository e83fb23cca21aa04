"""Texts with their differences marked, as HTML: the only place where log text gets into any, each part escaped."""

from collections.abc import Iterable, Sequence
from html import escape

from dashboard.events.difference import Kind, Part, words
from dashboard.web import text

LONGEST_TEXT = 4_000  # of one text; the raw record has all of it
_LONGEST_SAME = 240  # that stands between two differences as it is
_ENDS = 100  # that is left of a longer one, at either end

# Style attributes: the theme knows no marks. A difference is no failure, so nothing here is red.
_STYLES = {
    Kind.ADDED: "text-decoration:none;border-radius:.2rem;background:color-mix(in srgb,#0F9D8A 28%,transparent)",
    Kind.REMOVED: (
        "text-decoration:line-through;border-radius:.2rem;margin-inline-end:.15em;"
        "background:color-mix(in srgb,currentColor 12%,transparent)"
    ),
}
_QUIET_MARK = "text-decoration:none;border-radius:.2rem;background:color-mix(in srgb,currentColor 12%,transparent)"
_TAGS = {Kind.ADDED: "ins", Kind.REMOVED: "del"}
_LINE = "1px solid color-mix(in srgb,currentColor 14%,transparent)"
_CELL = f"padding:.4rem .7rem;vertical-align:top;text-align:start;border-top:{_LINE}"
_HEAD = "padding:.4rem .7rem;vertical-align:top;text-align:start;font-weight:600"
_TEXT = "white-space:pre-wrap;overflow-wrap:anywhere"
_QUIET = "opacity:.72"


def text_of(value: str) -> str:
    """A text as HTML that shows exactly it: bounded, each control character written out, nothing in it is markup."""
    return escape(text.several_lines(value, LONGEST_TEXT), quote=True)


def heading(value: str) -> str:
    """A log's text as a heading: Markdown would make links of addresses in it, however it is escaped."""
    return (
        f'<div style="font-size:1.25rem;font-weight:600;line-height:1.3;overflow-wrap:anywhere">{text_of(value)}</div>'
    )


def quiet(value: str) -> str:
    """A text that is not to be looked at."""
    return f'<span style="{_QUIET}">{text_of(value)}</span>'


def difference(before: str, after: str) -> str:
    """Both texts in one, what was removed struck through and what was added marked, long equal stretches shortened;
    the one behind the other when they have no word in common.
    """
    parts = words(_bounded(before), _bounded(after))
    if any(part.kind is Kind.SAME and part.text.strip() for part in parts):
        return _joined(parts)
    return arrow(*(whole(value, kind) for value, kind in ((before, Kind.REMOVED), (after, Kind.ADDED))))


def side(of: str, against: str) -> str:
    """One text alone, with the words marked that the other has not."""
    return _joined(part for part in words(_bounded(against), _bounded(of)) if part.kind is not Kind.REMOVED)


def first(of: str, others: Sequence[str]) -> str:
    """One text alone, with the words marked quietly that none of the others has in their place."""
    kept = [_kept(_bounded(of), _bounded(other)) for other in others]
    parts: list[Part] = []
    for place, character in enumerate(_bounded(of)):
        kind = Kind.SAME if any(one[place] for one in kept) else Kind.REMOVED
        if parts and parts[-1].kind is kind:
            parts[-1] = Part(kind, parts[-1].text + character)
        else:
            parts.append(Part(kind, character))
    return "".join(_part(part, _QUIET_MARK) for part in parts)


def _kept(of: str, other: str) -> list[bool]:
    """For each character whether the other text has it in its place."""
    return [part.kind is Kind.SAME for part in words(of, other) if part.kind is not Kind.ADDED for _ in part.text]


def whole(value: str, kind: Kind) -> str:
    """A text that differs as a whole."""
    return _part(Part(kind, _bounded(value)))


def changed(label: str, inner: str) -> str:
    """A line of a list of differences: a field's name and its marked text."""
    return (
        f'<div style="display:flex;gap:.6rem;font-size:.9rem;line-height:1.5"><span style="{_QUIET};flex:0 0 7.5rem;'
        f'overflow-wrap:anywhere">{text_of(label)}</span>'
        f'<span dir="auto" style="{_TEXT};min-width:0">{inner}</span></div>'
    )


def arrow(before: str, after: str) -> str:
    """Two marked texts, the second in the place of the first."""
    return f'{before} <span style="{_QUIET}">→</span> {after}'


def table(head: Sequence[str], lines: Iterable[tuple[str, Sequence[str]]], *, column_pixels: int = 190) -> str:
    """A table that scrolls sideways where it is wider than its place: a line has a label and a cell a column, which
    are HTML already.
    """
    columns = "".join(f'<th scope="col" style="{_HEAD}">{text_of(one)}</th>' for one in head)
    rows = "".join(
        f'<tr><th scope="row" style="{_CELL};{_QUIET};font-weight:400;overflow-wrap:anywhere;width:9rem">'
        f"{text_of(label)}</th>{''.join(map(_cell, cells))}</tr>"
        for label, cells in lines
    )
    width = 120 + column_pixels * len(head)
    return (
        '<div role="region" aria-label="Comparison" tabindex="0" style="overflow-x:auto">'
        '<table style="border-collapse:collapse;table-layout:fixed;width:100%;'
        f'min-width:{width}px;font-size:.9rem;line-height:1.5"><thead><tr><td style="width:9rem"></td>{columns}</tr>'
        f"</thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(inner: str) -> str:
    return f'<td dir="auto" style="{_CELL};{_TEXT}">{inner}</td>'


def _bounded(value: str) -> str:
    return value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"


def _joined(parts: Iterable[Part]) -> str:
    return "".join(map(_part, parts))


def _part(part: Part, style: str | None = None) -> str:
    if part.kind is Kind.SAME:
        return escape(_shortened(text.several_lines(part.text, LONGEST_TEXT + 1)), quote=True)
    inner = escape(text.several_lines(part.text, LONGEST_TEXT + 1), quote=True)
    tag = _TAGS[part.kind]
    return f'<{tag} style="{style or _STYLES[part.kind]}">{inner}</{tag}>'


def _shortened(same: str) -> str:
    return same if len(same) <= _LONGEST_SAME else f"{same[:_ENDS]} … {same[-_ENDS:]}"
