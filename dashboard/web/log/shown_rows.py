"""Which rows a click on the table speaks of.

A table that stays while its rows change is drawn 100 ms earlier than one in its place, but a click comes with a
position alone, and may be on its way while other rows take the place of those that it meant. So each set of rows that
one table shows has a turn of its own, which its columns' names carry: a click brings the name of its column, and with
it the rows that the person saw.

Nothing stays chosen when other rows come: what is chosen is a position. The browser is told so by choosing the column
of the turn, which is empty and hidden: it takes no notice of being told the same twice.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import streamlit as st

from dashboard.web.log.layout import Layout

_SHOWN = "shown-rows"
_MOST_TURNS = 16  # of which a click may still come: the rows of a running log change each second
_SIGN = "@"
NOTHING: Mapping[str, Mapping[str, list[int]]] = {"selection": {"rows": [], "columns": [], "cells": []}}


@dataclass(slots=True)
class ShownRows:
    """One table in the page, and the ids of the rows that it showed, by turn."""

    number: int
    layout: Layout
    order: object  # what they are the rows of, and how they are sorted
    turn: int = 0
    turns: dict[int, Sequence[int]] = field(default_factory=dict)
    answered: tuple[str, int | None] | None = None  # the choice that was acted upon last: its column, and place in it
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

    @property
    def turn_column(self) -> str:
        """The name of the column that says nothing but the turn."""
        return f"{_SIGN}{self.turn}"

    def row(self, place: int, column: str) -> int | None:
        """The id of the row that was clicked in a column so named; None when it is not known any more."""
        ids = self.turns.get(_turn_of(column), ())
        return ids[place] if place < len(ids) else None

    def takes(self, column: str, place: int | None = None) -> bool:
        """Whether the choice of a cell, or of a header, is a click of its own.

        A timer's request brings what the browser knows to be chosen. Until that has been told of the next turn, it is
        the click that brought it, and acted upon already.
        """
        choice = (column, place)
        if choice == self.answered and (self.order is None or _turn_of(column) != self.turn):
            return False
        self.answered = choice
        if place is None:  # a header brings another order, and with it another turn
            self.order = None
        return True

    def put(self, ids: Sequence[int]) -> None:
        """Other rows take the place of those that were shown."""
        if self.turns:
            self.turn += 1
        self.turns[self.turn] = ids
        self.turns.pop(self.turn - _MOST_TURNS, None)


def show(ids: Sequence[int], layout: Layout, order: object) -> ShownRows:
    """The table for these rows in this order: the one on screen, unless that has another layout."""
    shown = current()
    if shown is None or shown.layout != layout:
        shown = ShownRows(shown.number + 1 if shown else 0, layout, order)
        st.session_state[_SHOWN] = shown
    if shown.ids != ids or shown.order != order:
        shown.put(ids)
        shown.order = order
        if _has_choice(shown.key):
            st.session_state[shown.key] = {"selection": {"rows": [], "columns": [shown.turn_column], "cells": []}}
    return shown


def current() -> ShownRows | None:
    """The table on screen."""
    shown: ShownRows | None = st.session_state.get(_SHOWN)
    return shown


def name_of(column: str) -> str:
    """The column that is so named in some turn; "" for the turn's own."""
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
    return bool(selection["cells"]) or any(map(name_of, selection["columns"]))
