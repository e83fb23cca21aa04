"""`auditlens export`: which events, in which order, and what is left beside the file."""

import csv
import hashlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import IO

import polars as pl
import pytest
import typer
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner, Result

from dashboard.archive.snapshot import Snapshot
from dashboard.cli import export
from dashboard.errors import UsageError
from dashboard.events.columns import CSV_COLUMNS, SCHEMA
from dashboard.export import files, xlsx_cells
from dashboard.query import opening, views
from dashboard.query.polars_engine import PolarsEngine

ACTORS = ["b", None, "=a", "c"]
Run = Callable[..., Result]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs the command on a log of four events; a wrong use is raised as it is."""
    start = datetime(2026, 11, 23, tzinfo=UTC)
    rows = [
        dict.fromkeys(SCHEMA)
        | {
            "seq": seq,
            "id": 100 + seq,
            "occurred_at": start + timedelta(hours=seq),
            "actor": actor,
            "category": "Auth",
            "description": "long " * 20 if seq == 2 else "short",
        }
        for seq, actor in enumerate(ACTORS)
    ]
    events = pl.LazyFrame(rows, schema=dict(SCHEMA))

    @contextmanager
    def open_log() -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(log_id="this-log")

    @contextmanager
    def open_engine(log: object, as_of: int | None = None) -> Iterator[PolarsEngine]:
        newest = len(ACTORS) if as_of is None else as_of
        yield PolarsEngine(Snapshot(as_of=newest, events=events.filter(pl.col("seq") < newest)))

    monkeypatch.setattr(export, "open_log", open_log)
    monkeypatch.setattr(opening, "open_engine", open_engine)
    app = typer.Typer()
    app.callback()(lambda: None)
    export.register(app)
    return lambda *arguments: CliRunner().invoke(app, ["export", *map(str, arguments)], catch_exceptions=False)


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


def test_standard_output_holds_the_file_and_nothing_else(run: Run) -> None:
    done = run("-o", "-")
    found = rows_of(done.stdout_bytes)
    assert [row["seq"] for row in found] == ["3", "2", "1", "0"]
    assert list(found[0]) == list(CSV_COLUMNS)
    assert "4 events exported as of 4." in done.stderr


@pytest.mark.parametrize(
    ("flags", "seqs"),
    [
        (["--sort", "actor:asc"], [2, 0, 3, 1]),
        (["--sort", "actor:desc"], [3, 0, 2, 1]),
        (["--sort", "-actor"], [3, 0, 2, 1]),
        (["--actor", "b", "--actor", "(none)"], [1, 0]),
        (["--not-actor", "b"], [3, 2, 1]),
        (["--since", "2026-11-23T01:00Z", "--until", "2026-11-23T03:00Z"], [2, 1]),
        (["--as-of", "2"], [1, 0]),
        (["--actor", "nobody"], []),
    ],
)
def test_filters_order_and_state_are_those_asked_for(
    run: Run, tmp_path: Path, flags: list[str], seqs: list[int]
) -> None:
    for kind in ("csv", "json", "ndjson", "parquet", "xlsx"):
        target = tmp_path / f"out.{kind}"
        assert run("--format", kind, "-o", target, *flags).exit_code == 0
        content = target.read_bytes()
        if kind == "csv":
            rows = rows_of(content)
        elif kind == "parquet":
            rows = pl.read_parquet(content).rows(named=True)
        elif kind == "xlsx":
            header, *cells = CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python()
            rows = [dict(zip(header, row, strict=True)) for row in cells]
        else:
            rows = json.loads(content) if kind == "json" else [json.loads(line) for line in content.splitlines()]
        assert [int(row["seq"]) for row in rows] == seqs


def test_a_manifest_beside_the_file_fits_it(run: Run, tmp_path: Path) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    run("-o", target, "--columns", "all", "--category", "Auth", "--as-of", "3")
    manifest = json.loads((tmp_path / "out.csv.manifest.json").read_bytes())
    content = target.read_bytes()
    assert manifest["sha256"] == hashlib.sha256(content).hexdigest()
    assert manifest["size_bytes"] == len(content)
    assert manifest["columns"] == list(SCHEMA) == list(rows_of(content)[0])
    assert (manifest["rows"], manifest["as_of"], manifest["log_id"]) == (3, 3, "this-log")
    assert manifest["filter"] == {"sentence": "Auth events", "params": [["category", "Auth"]]}


@pytest.mark.parametrize("kind", ["json", "ndjson", "parquet", "xlsx"])
def test_every_format_has_its_manifest(run: Run, tmp_path: Path, kind: str) -> None:
    target = tmp_path / "out"
    run("--format", kind, "-o", target)
    manifest = json.loads((tmp_path / "out.manifest.json").read_bytes())
    assert (manifest["format"], manifest["rows"], manifest["notes"]) == (kind, 4, [])
    assert manifest["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest()


def test_what_a_format_could_not_hold_is_said(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xlsx_cells, "MOST_CHARACTERS", 60)
    run("--format", "csv", "-o", tmp_path / "out.csv", "--columns", "description")
    done = run("--format", "xlsx", "-o", tmp_path / "out.xlsx", "--columns", "description")
    manifest = json.loads((tmp_path / "out.xlsx.manifest.json").read_bytes())
    assert len(manifest["notes"]) == 1
    assert manifest["notes"][0] in done.stderr
    assert manifest["notes"][0].startswith("1 texts are longer")


@pytest.mark.parametrize("target", ["out.csv", "-"])
def test_ctrl_c_leaves_no_half_file_and_says_so(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("out.csv").write_text("old")
    closed = False

    def batches(*_: object) -> Iterator[pl.DataFrame]:
        nonlocal closed
        try:
            while True:
                yield pl.DataFrame({"seq": range(10)})
        finally:
            closed = True

    def interrupted(chunks: Iterator[bytes], file: IO[bytes]) -> None:
        file.write(next(chunks))
        raise KeyboardInterrupt

    monkeypatch.setattr(views, "batches", batches)
    monkeypatch.setattr(files, "write_chunks", interrupted)
    done = run("-o", target, "--columns", "seq")
    assert done.exit_code == 130
    assert "Interrupted: " in done.stderr
    assert ("out.csv is as it was before." in done.stderr) == (target != "-")
    assert closed
    assert Path("out.csv").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


def test_a_reader_that_has_enough_ends_it_without_a_word(tmp_path: Path) -> None:
    """In a process of its own, with a pipe whose other end closes after one line."""
    code = (
        "import sys; from dashboard import cli; from tests.cli.test_export import run_many; run_many();"
        "sys.exit(cli.main(['export', '--format', 'ndjson', '--columns', 'seq', '-o', '-']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "AUDITLENS_HOME": str(tmp_path)},
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        assert running.stdout.readline() == b'{"seq":0}\n'
        running.stdout.close()
        assert running.stderr.read() == b""
        assert running.wait(60) == 0


def run_many() -> None:
    """Puts a log of many events in the place of the real one."""

    @contextmanager
    def open_log() -> Iterator[SimpleNamespace]:
        yield SimpleNamespace(log_id="this-log")

    @contextmanager
    def open_engine(log: object, as_of: int | None = None) -> Iterator[SimpleNamespace]:
        def batches(*_: object) -> Iterator[pl.DataFrame]:
            for number in range(1_000):
                yield pl.select(seq=pl.int_range(number * 20_000, (number + 1) * 20_000))

        yield SimpleNamespace(as_of=7, now=datetime.now(UTC), batches=batches)

    export.open_log = open_log  # type: ignore[assignment]  # in a process that ends with it
    opening.open_engine = open_engine  # type: ignore[assignment]


def test_no_manifest_when_none_is_wanted_or_nothing_stays(run: Run, tmp_path: Path) -> None:
    assert run("-o", tmp_path / "out.csv", "--no-manifest").exit_code == 0
    assert run("-o", "/dev/null").exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]
    assert not Path("/dev/null.manifest.json").exists()
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize(
    "flags", [["--sort", "nothing"], ["--sort", "actor:up"], ["--columns", "original"], ["--outcome", "maybe"]]
)
def test_wrong_use_leaves_the_old_file_alone(run: Run, tmp_path: Path, flags: list[str]) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    with pytest.raises(UsageError):
        run("-o", target, *flags)
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_format_that_does_not_exist_is_wrong_use(run: Run) -> None:
    assert run("--format", "docx", "-o", "-").exit_code == 2
