"""`auditlens query`: the same rows in each form, and nothing in a log that a terminal obeys."""

import csv
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import SimpleNamespace

import polars as pl
import pytest
import typer
from typer.testing import CliRunner, Result

from dashboard.archive.snapshot import Snapshot
from dashboard.cli import look
from dashboard.errors import UsageError
from dashboard.events.columns import SCHEMA
from dashboard.query import opening
from dashboard.query.polars_engine import PolarsEngine

HOSTILE = "\x1b]0;owned\x07\x1b[31mred\u202e\r\n"
EVENTS = [
    {"actor": "ada", "region": "Istanbul", "id": 2**60},
    {"actor": HOSTILE, "region": None, "id": 2},
    {"actor": None, "region": "Istanbul", "id": 3},
]
Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command on a log of three failed logins; a wrong use is raised as it is."""
    common = {"category": "Auth", "action": "Login Failed", "occurred_at": datetime(2026, 11, 23, 8, tzinfo=UTC)}
    rows = [dict.fromkeys(SCHEMA) | common | {"seq": seq} | event for seq, event in enumerate(EVENTS)]
    events = pl.LazyFrame(rows, schema=dict(SCHEMA))

    @contextmanager
    def open_log() -> Iterator[SimpleNamespace]:
        yield SimpleNamespace()

    @contextmanager
    def open_engine(log: object, as_of: int | None = None) -> Iterator[PolarsEngine]:
        newest = len(EVENTS) if as_of is None else as_of
        yield PolarsEngine(Snapshot(newest, events.filter(pl.col("seq") < newest)))

    monkeypatch.setattr(look, "open_log", open_log)
    monkeypatch.setattr(opening, "open_engine", open_engine)
    app = typer.Typer()
    look.register(app)

    @app.command()
    def other() -> None: ...

    def invoke(*arguments: str) -> Result:
        result = CliRunner().invoke(app, ["query", *arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return invoke


def test_json_is_an_array_of_rows_with_ids_as_text_and_times_exact(run: Run) -> None:
    rows = json.loads(run("log_page", "--format", "json", "--sort", "seq:asc", "--limit", "1").stdout)
    assert [(row["id"], row["seq"], row["occurred_at"]) for row in rows] == [
        (str(2**60), 0, "2026-11-23T08:00:00.000000Z")
    ]


@pytest.mark.parametrize("view", look.VIEWS)
def test_every_view_is_printed_in_every_form(run: Run, view: str) -> None:
    rows = json.loads(run(view, "--format", "json").stdout)
    cells = list(csv.DictReader(io.StringIO(run(view, "--format", "csv").stdout_bytes.decode(), newline="")))
    assert len(rows) == len(cells) > 0
    assert list(rows[0]) == list(cells[0])
    assert run(view).exit_code == 0


def test_a_table_shows_hostile_text_and_obeys_none_of_it(run: Run) -> None:
    shown = run("log_page").stdout
    assert "\\u{1b}[31mred\\u{202e}\\u{d}\\u{a}" in shown
    assert not {"\x1b", "\x07", "\u202e", "\r"} & set(shown)
    assert look.ABSENT in shown


def test_flags_filter_as_links_do(run: Run) -> None:
    assert json.loads(run("count", "--actor", "ada", "--actor", "(none)", "--format", "json").stdout) == [{"events": 2}]
    assert json.loads(run("count", "--not-actor", "ada", "--format", "json").stdout) == [{"events": 2}]
    assert json.loads(run("count", "--since", "2026-11-24", "--format", "json").stdout) == [{"events": 0}]
    assert json.loads(run("count", "--as-of", "1", "--format", "json").stdout) == [{"events": 1}]
    typed = run("count", "--where", "-actor:ada after:2020-01-01", "--format", "json")
    assert json.loads(typed.stdout) == [{"events": 2}]


def test_slices_follow_the_order(run: Run) -> None:
    found = run("events", "--sort", "seq:desc", "--offset", "1", "--limit", "1", "--format", "json").stdout
    assert [row["seq"] for row in json.loads(found)] == [1]


@pytest.mark.parametrize(
    "arguments",
    [("nosuch",), ("count", "--outcome", "bad"), ("count", "--ip", "x"), ("log_page", "--sort", "x"),
     ("facets", "--field", "search"), ("count", "--last", "soon")],
)  # fmt: skip
def test_wrong_use_is_an_error(run: Run, arguments: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        run(*arguments)
