from collections.abc import Sequence

import pytest
import streamlit as st

from dashboard.web.log import shown_rows
from dashboard.web.log.layout import Density, Layout
from dashboard.web.log.shown_rows import ShownRows

USUAL, NEWEST, OLDER, SORTED = Layout(), (1, "newest"), (2, "newest"), (1, "actor")
FEW, OTHERS = [7, 6, 5], [9, 8, 7, 6]


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    state: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


def show(ids: Sequence[int], order: object) -> ShownRows:
    return shown_rows.show(ids, USUAL, order)


def choose(
    session: dict[str, object], shown: ShownRows, *, cells: Sequence[object] = (), columns: Sequence[str] = ()
) -> None:
    session[shown.key] = {"selection": {"rows": [], "columns": list(columns), "cells": list(cells)}}


def chosen(session: dict[str, object], shown: ShownRows) -> list[str]:
    """The columns that the table is told to choose; no cells."""
    selection = session[shown.key]["selection"]  # type: ignore[index]
    assert not selection["cells"]
    assert not selection["rows"]
    return list(selection["columns"])


def test_other_rows_stay_in_the_same_table_and_a_click_means_those_that_it_saw() -> None:
    shown = show(FEW, NEWEST)
    key, before = shown.key, shown.column("actor")
    assert before == "actor"
    shown = show(OTHERS, NEWEST)
    now = shown.column("actor")
    assert shown.key == key
    assert shown_rows.name_of(now) == "actor" != now
    assert [shown.row(0, column) for column in (before, now)] == [7, 9]
    assert [shown.row(3, column) for column in (before, now)] == [None, 6]


def test_the_same_rows_are_the_same_turn() -> None:
    assert show(FEW, NEWEST).column("region") == show(list(FEW), NEWEST).column("region")


def test_rows_of_long_ago_are_forgotten() -> None:
    first = show([0], NEWEST).column("actor")
    for row in range(1, 40):
        shown = show([row], NEWEST)
    assert shown.row(0, first) is None
    assert shown.row(0, "actor@99") is None
    assert shown.row(0, shown.column("actor")) == 39
    assert len(shown.turns) <= 16


@pytest.mark.parametrize("order", [OLDER, SORTED])
def test_another_page_or_order_stays_in_the_same_table(order: object) -> None:
    key = show(FEW, NEWEST).key
    shown = show(OTHERS, order)
    assert shown.key == key
    assert shown.row(0, shown.column("actor")) == 9


def test_another_layout_is_another_table() -> None:
    key = show(FEW, NEWEST).key
    shown = shown_rows.show(FEW, Layout(density=Density.COMPACT), NEWEST)
    assert shown.key != key
    assert shown.column("actor") == "actor"


def test_a_choice_does_not_carry_over_to_other_rows(session: dict[str, object]) -> None:
    shown = show(FEW, NEWEST)
    choose(session, shown, cells=[(0, "actor")])
    assert show(FEW, NEWEST).key == shown.key
    assert session[shown.key] == {"selection": {"rows": [], "columns": [], "cells": [(0, "actor")]}}
    assert show(OTHERS, NEWEST).key == shown.key
    assert chosen(session, shown) == [shown.turn_column]
    assert shown_rows.name_of(shown.turn_column) == ""


def test_each_header_click_is_let_go_of_in_words_of_its_own(session: dict[str, object]) -> None:
    """The browser takes no notice of being told the same twice: the third click on a header would not come."""
    shown = show(FEW, NEWEST)
    told = []
    for order in ("actor, down", "actor, up", "newest"):
        choose(session, shown, columns=[shown.column("actor")])
        show([7], order)  # one row has one order: not even the rows change
        told += chosen(session, shown)
    assert len(set(told)) == 3


def test_a_choice_that_was_acted_upon_does_not_count_again_when_a_timer_brings_it() -> None:
    shown = show(FEW, NEWEST)
    header, cell = shown.column("actor"), shown.column("region")
    assert shown.takes(header)
    assert not shown.takes(header)  # before the other order was written
    shown = show(OTHERS, SORTED)
    assert not shown.takes(header)  # before the browser was told
    assert shown.takes(shown.column("actor"))
    shown = show(FEW, NEWEST)
    assert shown.takes(cell, 0)  # a click on rows that were shown before
    assert not shown.takes(cell, 0)
    assert shown.takes(shown.column("region"), 0)
    assert shown.takes(shown.column("region"), 0)  # the same row once more, after its details were closed
    assert shown.takes(header)  # a header again, after others were chosen


def test_a_header_can_be_chosen_again_where_its_order_showed_nothing() -> None:
    shown = show(FEW, NEWEST)
    assert shown.takes(shown.column("actor"))
    shown = show(FEW, NEWEST)  # Back, from an order that was refused
    assert shown.takes(shown.column("actor"))


def test_a_click_s_choice_is_let_go_of_and_a_link_made_none(session: dict[str, object]) -> None:
    shown = show(FEW, NEWEST)
    choose(session, shown, cells=[(0, "actor")])
    shown_rows.unselect()
    assert session[shown.key] != shown_rows.NOTHING
    shown.clicked = True
    shown_rows.unselect()
    assert session[shown.key] == shown_rows.NOTHING
