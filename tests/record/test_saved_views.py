"""Saved views in PostgreSQL: whose they are, who may change them, and that each act on a shared one is an event."""

import json
from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from dashboard.errors import UsageError
from dashboard.keeping.log import Log
from dashboard.record.saved_views import LONGEST_LINK, Choice, Draft, SavedViews

pytestmark = pytest.mark.on_both_servers

ANNA, BEN = b"a" * 32, b"b" * 32


@pytest.fixture
def views(log: Log) -> Iterator[SavedViews]:
    with closing(log.reader()) as reader:
        yield SavedViews(reader, log.urls.of("writer"))


def draft(name: str = "Failures", *, shared: bool = False, link: str = "outcome=failure") -> Draft:
    return Draft(name=name, description="what broke", link=link, shared=shared)


def names(views: SavedViews, owner: bytes | None) -> list[str | None]:
    return [view.name for view in views.seen_by(owner)]


def acts(log: Log) -> list[tuple[str, str | None, str, str | None, dict[str, object]]]:
    """The events about views: action, actor, its type, target, details."""
    with psycopg.connect(log.urls.of("reader")) as connection:
        rows = connection.execute(
            "select action, actor, actor_type, target, details from audit_event where category = 'Views' order by id"
        ).fetchall()
    return [(action, actor, kind, target, json.loads(details)) for action, actor, kind, target, details in rows]


def test_a_private_view_is_seen_and_changed_by_its_owner_alone_and_is_no_event(log: Log, views: SavedViews) -> None:
    number = views.keep(draft(), ANNA, "anna@x.example")
    (view,) = views.seen_by(ANNA)
    assert (view.number, view.mine, view.shared, view.starred) == (number, True, False, False)
    assert (view.name, view.description, view.link) == ("Failures", "what broke", "outcome=failure")
    assert views.seen_by(BEN) == views.seen_by(None) == ()
    with pytest.raises(UsageError, match="no such view of yours"):
        views.keep(draft("Taken"), BEN, None, number)
    with pytest.raises(UsageError, match="no such view of yours"):
        views.keep(draft("Taken", shared=True), BEN, None, number)
    views.delete(number, BEN, None)
    views.star(number, BEN, starred=True)
    views.open_with(number, BEN)
    assert views.choice(BEN) == Choice()
    assert views.keep(draft("Renamed"), ANNA, None, number) == number
    assert names(views, ANNA) == ["Renamed"]
    assert acts(log) == []


def test_a_shared_view_is_everybody_s_and_each_act_on_it_is_an_event(log: Log, views: SavedViews) -> None:
    number = views.keep(draft(shared=True), ANNA, "anna@x.example")
    assert [(view.mine, view.owner_name) for view in views.seen_by(None)] == [(False, "anna@x.example")]
    views.keep(draft("Broken", shared=True, link="outcome=failure&last=7d"), BEN, "ben@x.example", number)
    with pytest.raises(UsageError, match="no such view of yours"):
        views.keep(draft("Mine"), BEN, None, number)  # private: only whoever shared it
    views.keep(draft("Secret", link="actor=boss"), ANNA, None, number)
    views.keep(draft("Again", shared=True), ANNA, None, number)
    views.delete(number, BEN, None)
    assert names(views, ANNA) == []
    told = acts(log)
    assert [(action, actor, kind, target) for action, actor, kind, target, _ in told] == [
        ("View Shared", "anna@x.example", "user", "Failures"),
        ("View Changed", "ben@x.example", "user", "Broken"),
        ("View Unshared", None, "anonymous", "Broken"),
        ("View Shared", None, "anonymous", "Again"),
        ("View Deleted", None, "anonymous", "Again"),
    ]
    assert [details["link"] for *_, details in told][:3] == [
        "outcome=failure", "outcome=failure&last=7d", "outcome=failure&last=7d",
    ]  # fmt: skip
    assert "boss" not in str(told)


def test_a_star_and_a_default_are_each_reader_s_own_and_go_with_the_view(views: SavedViews) -> None:
    first, second = (views.keep(draft(name, shared=True), ANNA, None) for name in ("A", "B"))
    views.star(second, BEN, starred=True)
    views.star(second, BEN, starred=True)
    assert (names(views, BEN), names(views, ANNA)) == (["B", "A"], ["A", "B"])
    views.star(second, BEN, starred=False)
    assert names(views, BEN) == ["A", "B"]
    views.open_with(first, BEN)
    views.see_times_in("own", BEN)
    assert views.choice(BEN) == Choice(view=first, link="outcome=failure", zone="own")
    assert views.choice(ANNA) == Choice()
    views.star(first, BEN, starred=True)
    views.delete(first, ANNA, None)
    assert views.choice(BEN) == Choice(zone="own")
    views.open_with(None, ANNA)
    assert views.choice(ANNA) == Choice()


def test_what_others_made_private_opens_for_nobody_else(views: SavedViews) -> None:
    number = views.keep(draft(shared=True), ANNA, None)
    views.open_with(number, BEN)
    views.keep(draft(), ANNA, None, number)
    assert views.choice(BEN).link is None


@pytest.mark.parametrize(
    ("name", "link"),
    [("", ""), (" \t", ""), ("\u200d \u3164", ""), ("x" * 257, ""), ("é" * 129, ""), ("a\0", ""), ("a", "x" * 8193)],
)
def test_a_view_that_says_too_little_or_too_much_is_refused(name: str, link: str) -> None:
    with pytest.raises(UsageError, match="view"):
        Draft(name=name, description="", link=link, shared=False)


def test_the_longest_view_is_kept_as_it_is(log: Log, views: SavedViews) -> None:
    hostile = "</script>%s' ; drop table saved_view; -- \u202e"
    longest = Draft(name=hostile, description="é" * 1024, link="x" * LONGEST_LINK, shared=True)
    views.keep(longest, ANNA, "x" * 1024)
    (view,) = views.seen_by(BEN)
    assert (view.name, view.description, view.link) == (hostile.strip(), "é" * 1024, "x" * LONGEST_LINK)
    assert acts(log)[0][3] == hostile.strip()


def test_a_reader_keeps_so_many_views_and_no_more(log: Log, views: SavedViews) -> None:
    with psycopg.connect(log.urls.of("writer"), autocommit=True) as connection:
        connection.execute(
            "select audit_keep_view(null, %s, null, false, 'v' || n, '', '') from generate_series(1, 500) n", (ANNA,)
        )
    with pytest.raises(UsageError, match="500 views"):
        views.keep(draft(), ANNA, None)
    views.keep(draft(), BEN, None)


@pytest.mark.parametrize(
    ("part", "statement"),
    [
        ("reader", "update saved_view set shared = true"),
        ("reader", "insert into view_star select owner, view_no from saved_view"),
        ("reader", "select audit_delete_view(1, '\\x00', null)"),
        ("writer", "select * from saved_view"),
        ("writer", "delete from reader_choice"),
        ("writer", "select audit_erase_views(null, '{1}', 'x', null)"),
        ("writer", "select audit_append_view('View Shared', null, null)"),
        ("redactor", "select name from saved_view"),
    ],
)
def test_no_login_can_do_more_than_its_part(log: Log, views: SavedViews, part: str, statement: str) -> None:
    views.keep(draft(), ANNA, None)
    with (
        psycopg.connect(log.urls.of(part)) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege, match="permission denied"),
    ):
        connection.execute(statement.encode())


def test_a_server_without_the_writer_s_login_says_so(log: Log) -> None:
    with closing(log.reader()) as reader, pytest.raises(UsageError, match="no database login for the writer"):
        SavedViews(reader, "").keep(draft(), ANNA, None)
