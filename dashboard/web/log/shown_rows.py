"""Which rows a click on the table speaks of.

A table that stays while its rows change is drawn 100 ms earlier than one in its place, but a click comes with a
position alone, and may be on its way while other rows take the place of those that it meant. So each set of rows that
one table shows has a turn of its own, which its columns' names carry: a click brings the name of its column, and with
it the rows that the person saw.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st

Shape = tuple[object, ...]

_SHOWN = "shown-rows"
_MOST_TURNS = 16  # of which a click may still come: the rows of a running log change each second
_SIGN = "@"
NOTHING: Mapping[str, Mapping[str, list[int]]] = {"selection": {"rows": [], "columns": [], "cells": []}}


@dataclass(slots=True)
class ShownRows:
    """One table in the page, and the ids of the rows that it showed, by turn."""

    number: int
    shape: Shape
    turn: int = 0
    turns: dict[int, Sequence[int]] = field(default_factory=dict)
    clicked: bool = False  # whether a click in it opened an event; a link may have, too

    @property
    def key(self) -> str:
        return f"log-table-{self.number}"

    @property
    def ids(self) -> Sequence[int] | None:
        """Those of the rows on screen; None before the first."""
        return self.turns.get(self.turn)

    def column(self, name: str) -> str:
        """The name that a column has in this turn."""
        return f"{name}{_SIGN}{self.turn}" if self.turn else name

    def row(self, place: int, column: str) -> int | None:
        """The id of the row that was clicked in a column so named; None when it is not known any more."""
        ids = self.turns.get(_turn_of(column), ())
        return ids[place] if place < len(ids) else None

    def put(self, ids: Sequence[int]) -> None:
        """Other rows take the place of those that were shown."""
        if self.turns:
            self.turn += 1
        self.turns[self.turn] = ids
        self.turns.pop(self.turn - _MOST_TURNS, None)


def show(ids: Sequence[int], shape: Shape) -> ShownRows:
    """The table for these rows: the one on screen, unless it has another shape or something in it is chosen.

    What is chosen is a position and must not carry over to other rows.
    """
    shown = current()
    if shown is None or shown.shape != shape or (shown.ids != ids and _has_choice(shown.key)):
        shown = ShownRows(shown.number + 1 if shown else 0, shape)
        st.session_state[_SHOWN] = shown
    if shown.ids != ids:
        shown.put(ids)
    return shown


def current() -> ShownRows | None:
    """The table on screen."""
    shown: ShownRows | None = st.session_state.get(_SHOWN)
    return shown


def name_of(column: str) -> str:
    """The column that is so named in some turn."""
    return column.partition(_SIGN)[0]


def unselect() -> None:
    """Lets go of the row whose details were open, so that a second click opens it again."""
    shown = current()
    if shown is not None and shown.clicked and shown.key in st.session_state:
        st.session_state[shown.key] = NOTHING


def _turn_of(column: str) -> int:
    turn = column.partition(_SIGN)[2]
    return int(turn) if turn.isdecimal() else 0


def _has_choice(key: str) -> bool:
    selection = st.session_state.get(key, NOTHING)["selection"]
    return bool(selection["columns"] or selection["cells"])
