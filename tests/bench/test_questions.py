"""Every question by every engine, in one run: answers compared first, then medians, then memory.

`BENCH_RUNS` (default 5) is how often a question is asked once it is warm, a quick one up to 15 times; `BENCH_ENGINES`
says which others are asked: `duckdb,plain,best,pandas`, or nobody; beyond 20 million events DuckDB alone unless told.
"""

import os
import statistics
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import polars as pl
import psutil
import pytest

from tests.bench import archive, postgres, results
from tests.bench.dataframe import Dataframe
from tests.bench.duck import DuckDB
from tests.bench.memory import watched
from tests.bench.questions import Answer, Question, difference, questions
from tests.bench.workers import Asker, Auditlens, TooLong, Worker, working

pytestmark = pytest.mark.bench

RUNS = int(os.environ.get("BENCH_RUNS", "5"))
_MOST_IN_POSTGRESQL = 20_000_000
_DEFAULT = "duckdb,plain,best,pandas" if archive.EVENTS <= _MOST_IN_POSTGRESQL else "duckdb"
ENGINES = os.environ.get("BENCH_ENGINES", _DEFAULT).split(",")
_STEADY_RUNS, _STEADY_S = 15, 1.0  # what takes milliseconds is asked on: a median of a few is the machine's mood
_PATIENCE_S = 20.0  # for the repetitions of one question on PostgreSQL
_PANDAS_S = 100  # for one question by pandas, which is asked once
_PANDAS_BYTES = psutil.virtual_memory().total // 2

Row = dict[str, Any]


def test_questions() -> None:
    place = archive.location()
    files, end = archive.files(place), archive.end(place)
    oldest = pl.scan_parquet(files).select(pl.col("occurred_at").min()).collect().item()
    asked = questions(archive.EVENTS, oldest, end)
    rows: list[Row] = [{"question": each.name, "limits": asdict(each.limits)} for each in asked]
    found: dict[str, Any] = {"rows": rows, "files_bytes": archive.size_bytes(place), "memory": {}, "runs": RUNS}
    with working(Auditlens, place, end) as ours:
        expected = [ours.ask(each).answer for each in asked]
        if "duckdb" in ENGINES:
            with working(DuckDB, files) as duck:
                for each, row, answer in zip(asked, rows, expected, strict=True):
                    _against_duckdb(each, row, answer, ours, duck)
                    _tell(each, row["ours"], row["duckdb"])
                found["memory"]["DuckDB"] = _memory(duck)
        else:
            for each, row in zip(asked, rows, strict=True):
                row["ours"] = _alone(each, ours)
                _tell(each, row["ours"], None)
        found["memory"]["Auditlens"] = _memory(ours)
    for each, row in zip(asked, rows, strict=True):
        if not each.first:
            continue
        row["ours_first"] = _first(each, Auditlens, place, end)
        if "duckdb" in ENGINES:
            row["duckdb_first"] = _first(each, DuckDB, files, way=row["duckdb_way"])
    if set(ENGINES) & {"plain", "best", "pandas"}:
        _against_postgresql(asked, rows, expected, found)
    results.put("questions", archive.EVENTS, found)


def _against_duckdb(question: Question, row: Row, answer: Answer, ours: Worker, duck: Worker) -> None:
    """Asks both in turn, DuckDB in the way that is quickest here."""
    tried = {}
    for way in duck.ways(question):
        _check("DuckDB, " + way, question, answer, duck.ask(question, way).answer)
        tried[way] = min(duck.ask(question, way).seconds for _ in range(2))
    quickest = min(tried, key=lambda way: tried[way])
    times: dict[str, list[float]] = {"ours": [], "duckdb": []}
    while not _is_steady(times["ours"], times["duckdb"]):
        turned = question.turned(len(times["ours"]) + 1)
        times["ours"].append(ours.ask(turned).seconds)
        times["duckdb"].append(duck.ask(turned, quickest).seconds)
    row |= {name: statistics.median(each) for name, each in times.items()} | {"duckdb_way": quickest}


def _alone(question: Question, worker: Worker) -> float:
    """The median of ours, where nobody else is asked in turn."""
    times: list[float] = []
    while not _is_steady(times):
        times.append(worker.ask(question.turned(len(times) + 1)).seconds)
    return statistics.median(times)


def _is_steady(*times: list[float]) -> bool:
    """Whether a question was asked often enough, by who was asked it in turn."""
    runs, seconds = len(times[0]), sum(map(sum, times))
    return runs >= RUNS and (runs >= _STEADY_RUNS or seconds >= _STEADY_S)


def _tell(question: Question, ours: float, other: float | None) -> None:
    """Says how far it is: the table comes at the end."""
    beside = "" if other is None else f"{other * 1000:12.2f} ms{other / ours:9.2f} x"
    print(f"{question.name:60}{ours * 1000:10.2f} ms{beside}", flush=True)


def _first(question: Question, make: Callable[..., Asker], *args: object, way: str | None = None) -> float:
    """The time of the first question to a new process, its files in the system's cache."""
    with working(make, *args) as worker:
        return worker.ask(question, way).seconds


def _against_postgresql(asked: list[Question], rows: list[Row], expected: list[Answer], found: dict[str, Any]) -> None:
    end = archive.end(archive.location())
    with _server() as server:
        found["postgresql"] = {"version": server.version(), "settings": postgres.settings()}
        found["postgresql"]["load_s"] = server.load(archive.files(archive.location()))
        found["postgresql"]["table_bytes"] = server.table_bytes()
        for name, indexes in (("plain", postgres.PLAIN), ("best", postgres.BEST)):
            if name not in ENGINES and name != "plain":
                continue
            found["postgresql"][f"{name}_indexes"] = [asdict(built) for built in server.build(indexes)]
            if name in ENGINES:
                with (
                    working(postgres.Postgres, server.url, archive.EVENTS, end) as worker,
                    working(Auditlens, archive.location(), end) as ours,
                    watched(server) as memory,
                ):
                    for question, row, answer in zip(asked, rows, expected, strict=True):
                        beside = ours if name == "plain" and question.limits.postgres else None
                        row[name], row[f"ours_beside_{name}"] = _patiently(worker, question, answer, name, beside)
                        _tell(question, row[f"ours_beside_{name}"] or row["ours"], row[name])
                found["memory"][f"PostgreSQL, {name}"] = {"idle": memory["first"], "peak": memory["most"]}
            if name == "plain" and "pandas" in ENGINES:
                _by_pandas(server, asked, rows, expected, found)


@contextmanager
def _server() -> Iterator[postgres.Server]:
    archive.HOME.chmod(0o711)  # the account that root lends the server passes through
    with tempfile.TemporaryDirectory(prefix="postgresql-", dir=archive.HOME) as folder:
        Path(folder).chmod(0o711)
        with postgres.serving(Path(folder) / "home") as server:
            yield server


def _patiently(
    worker: Worker, question: Question, answer: Answer, name: str, beside: Worker | None
) -> tuple[float, float | None]:
    """The median of as many repetitions as patience allows; at least one, after one that warms and is compared.

    And that of who is asked in turn with it: the machine may have been another one when DuckDB was.
    """
    _check(f"PostgreSQL, {name}", question, answer, worker.ask(question).answer)
    times: list[float] = []
    others: list[float] = []
    if beside is not None:
        beside.ask(question)
    while not times or (not _is_steady(times) and sum(times) < _PATIENCE_S):
        turned = question.turned(len(times) + 1)
        times.append(worker.ask(turned).seconds)
        if beside is not None:
            others.append(beside.ask(turned).seconds)
    return statistics.median(times), statistics.median(others) if others else None


def _by_pandas(
    server: postgres.Server, asked: list[Question], rows: list[Row], expected: list[Answer], found: dict[str, Any]
) -> None:
    """One time each; a question that takes too much time or memory says so, and ends its process."""
    most = 0
    for question, row, answer in zip(asked, rows, expected, strict=True):
        if question.limits.postgres is None:
            continue
        with working(Dataframe, server.url, _PANDAS_BYTES) as worker:
            try:
                asked_once = worker.ask(question, limit_s=_PANDAS_S)
            except TooLong:
                row["pandas"] = f"more than {_PANDAS_S} s"
            except MemoryError:
                row["pandas"] = f"more than {_PANDAS_BYTES / 1024**3:.0f} GiB"
            else:
                _check("pandas", question, answer, asked_once.answer)
                row["pandas"] = asked_once.seconds
            most = max(most, worker.peak_bytes())
    found["memory"]["pandas"] = {"idle": 0, "peak": most}


def _check(who: str, question: Question, ours: Answer, other: Answer) -> None:
    """A benchmark of wrong answers is worth nothing."""
    told = difference(ours, other)
    assert not told, f"{who} answers {question.name!r} otherwise: {told}"
    if not question.finds_nothing(archive.EVENTS):
        assert ours[-1].height, question.name


def _memory(worker: Worker) -> Mapping[str, int]:
    return {"idle": worker.idle_bytes, "peak": worker.peak_bytes()}
