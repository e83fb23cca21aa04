from collections.abc import Sequence

import pytest
import streamlit as st

from dashboard.web.log import shown_rows
from dashboard.web.log.shown_rows import ShownRows

NEWEST, OLDER, SORTED = (1, "newest"), (2, "newest"), (1, "actor")
FEW, OTHERS = [7, 6, 5], [9, 8, 7, 6]


@pytest.fixture(autouse=True)
def session(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    state: dict[str, object] = {}
    monkeypatch.setattr(st, "session_state", state)
    return state


def choose(session: dict[str, object], shown: ShownRows, *, cells: Sequence[object] = ()) -> None:
    session[shown.key] = {"selection": {"rows": [], "columns": [], "cells": list(cells)}}


def test_other_rows_stay_in_the_same_table_and_a_click_means_those_that_it_saw() -> None:
    shown = shown_rows.show(FEW, NEWEST)
    key, before = shown.key, shown.column("actor")
    assert before == "actor"
    shown = shown_rows.show(OTHERS, NEWEST)
    now = shown.column("actor")
    assert shown.key == key
    assert shown_rows.name_of(now) == "actor" != now
    assert [shown.row(0, column) for column in (before, now)] == [7, 9]
    assert [shown.row(3, column) for column in (before, now)] == [None, 6]


def test_the_same_rows_are_the_same_turn() -> None:
    assert shown_rows.show(FEW, NEWEST).column("region") == shown_rows.show(list(FEW), NEWEST).column("region")


def test_rows_of_long_ago_are_forgotten() -> None:
    first = shown_rows.show([0], NEWEST).column("actor")
    for row in range(1, 40):
        shown = shown_rows.show([row], NEWEST)
    assert shown.row(0, first) is None
    assert shown.row(0, "actor@99") is None
    assert shown.row(0, shown.column("actor")) == 39
    assert len(shown.turns) <= 16


@pytest.mark.parametrize("shape", [OLDER, SORTED])
def test_another_page_or_order_is_another_table(shape: shown_rows.Shape) -> None:
    key = shown_rows.show(FEW, NEWEST).key
    shown = shown_rows.show(FEW, shape)
    assert shown.key != key
    assert shown.column("actor") == "actor"


def test_a_choice_does_not_carry_over_to_other_rows(session: dict[str, object]) -> None:
    shown = shown_rows.show(FEW, NEWEST)
    choose(session, shown, cells=[(0, "actor")])
    assert shown_rows.show(FEW, NEWEST).key == shown.key
    assert shown_rows.show(OTHERS, NEWEST).key != shown.key


def test_a_click_s_choice_is_let_go_of_and_a_link_made_none(session: dict[str, object]) -> None:
    shown = shown_rows.show(FEW, NEWEST)
    choose(session, shown, cells=[(0, "actor")])
    shown_rows.unselect()
    assert session[shown.key] != shown_rows.NOTHING
    shown.clicked = True
    shown_rows.unselect()
    assert session[shown.key] == shown_rows.NOTHING
