"""RESULTS.md out of the figures: tables with ratios, and which of the project's limits are met, computed.

Figures are nested as `results.json` has them: size of the log, part, then what the part's bench found.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from tests.bench import limits
from tests.bench.tables import ABSENT, bytes_, factor, ms, number, table

Part = Mapping[str, Any]
Kept = Mapping[str, Mapping[str, Part]]

_INTRODUCTION = """\
# Results of the benchmarks

Written by `make bench` from `results.json`, never by hand; README, "What it costs", says how to run it. Each part names
the machine and the moment of its own run. The events are those of `auditlens demo --bench`.
"""
_QUESTIONS = """\
Each engine runs in a process of its own and gives the same answers: before anything is timed, every answer is compared
with Auditlens's, value by value. *First* is the first question to a fresh process with the files in the system's cache,
which for Auditlens includes reading the columns that it then keeps; the other times are medians of {runs} repetitions,
of up to 15 where they take less than a second together, each of another month or another word, Auditlens and DuckDB in
turn. DuckDB reads the same Parquet files with {threads} threads, in whichever of several ways was the quickest here:
the last column names it. PostgreSQL runs the same files of `queries/views/` over one table with all columns: *plain*
has a primary key and three indexes, *best* trigram and covering indexes as well; where *plain* has a limit, it was
asked in turn with Auditlens once more, and the ratio is of those times. pandas reads the needed columns by `read_sql`
and counts in a dataframe; it is asked once.
"""


def written(kept: Kept) -> str:
    """The whole file."""
    parts = [_INTRODUCTION, *limits.sections(kept)]
    for events in sorted(kept, key=int, reverse=True):
        parts += [section(part, found, int(events)) for part, found in sorted(kept[events].items())]
    return "\n".join(parts).rstrip() + "\n"


def section(part: str, found: Part, events: int) -> str:
    """One part at one size."""
    lines = _SECTIONS[part](found) if part in _SECTIONS else _plain(found)
    return "\n".join([f"## {part.capitalize()}, {events:,} events", "", *_machine(found["machine"]), "", *lines, ""])


def _machine(found: Mapping[str, str]) -> Iterable[str]:
    yield f"{found['date']}, source {found['source']}. {found['cores']} cores of {found['processor']},"
    yield f"{found['memory']}, {found['system']}; {found['load before']}."
    yield f"Python {found['Python']}, {found['versions']}."


def _questions(found: Part) -> Iterable[str]:
    yield _QUESTIONS.format(runs=found["runs"], threads=2)
    columns = [
        "question", "first, ms", "**Auditlens, ms**", "DuckDB first", "DuckDB, ms", "ours / DuckDB",
        "PostgreSQL plain, ms", "plain / ours", "PostgreSQL best, ms", "best / ours", "pandas, ms", "DuckDB's way",
    ]  # fmt: skip
    yield from table(columns, [_row(row) for row in found["rows"]])
    yield ""
    yield f"The files hold {bytes_(found['files_bytes'])}. Memory of each engine's process after all of it:"
    yield ""
    memory = [[name, bytes_(held["idle"]), bytes_(held["peak"])] for name, held in found["memory"].items()]
    yield from table(["engine", "before the first question", "most"], memory)
    if "postgresql" in found:
        yield ""
        yield from _postgresql(found["postgresql"])


def _row(row: Part) -> Sequence[str]:
    ours = row["ours"]
    return [
        row["question"], ms(row.get("ours_first")), f"**{ms(ours)}**", ms(row.get("duckdb_first")),
        ms(row.get("duckdb")), factor(ours, row.get("duckdb")),
        ms(row.get("plain")), factor(row.get("plain"), limits.beside_plain(row)),
        ms(row.get("best")), factor(row.get("best"), ours), ms(row.get("pandas")), row.get("duckdb_way", ABSENT),
    ]  # fmt: skip


def _postgresql(found: Part) -> Iterable[str]:
    yield (
        f"PostgreSQL {found['version']} ({', '.join(f'{name} = {value}' for name, value in found['settings'].items())})"
        f" took {found['load_s']:.0f} s to load the events by COPY, and holds them in {bytes_(found['table_bytes'])}:"
    )
    yield ""
    built = [
        [kind, index["name"], f"{index['seconds']:.1f}", bytes_(index["size_bytes"])]
        for kind in ("plain", "best")
        for index in found.get(f"{kind}_indexes", ())
    ]
    yield from table(["indexes", "", "built in, s", "size"], built)


def _browser(found: Part) -> Iterable[str]:
    yield found["how"]
    yield ""
    rows = [
        [row["change"], str(row["clicks"]), ms(row["median"]), ms(row["p95"]), ms(row["above"])]
        for row in found["rows"]
    ]
    yield from table(["change", "clicks", "median, ms", "95th percentile", "above the trivial page's median"], rows)


def _sessions(found: Part) -> Iterable[str]:
    yield found["how"]
    yield ""
    rows = [
        [
            str(row["sessions"]), f"{row['answers']:,}", ms(row["p50"]), ms(row["p95"]), ms(row["most"]),
            str(row["errors"]), bytes_(row["memory"]),
        ]
        for row in found["rows"]
    ]  # fmt: skip
    yield from table(
        ["sessions", "changes", "50th, ms", "95th, ms", "longest", "errors", "server's memory, most"], rows
    )


def _exports(found: Part) -> Iterable[str]:
    yield f"The newest {found['exported']:,} events, best of {found['runs']} runs, each in a process of its own; psql's"
    yield f"COPY of the same rows, columns and order out of an indexed table took {found['copy']:.2f} s. Memory is that"
    yield "above idle."
    yield ""
    rows = [
        [kind, f"{seconds:.2f}", f"{mb:,.0f}", f"{memory:,.0f}", ms(first), ms(whole), factor(of_copy, 1.0)]
        for kind, seconds, mb, memory, first, whole, of_copy in found["rows"]
    ]
    columns = ["format", "s", "MB", "memory, MB", "first byte, ms", "of the whole log", "of COPY's time"]
    yield from table(columns, rows)


def _lengths(found: Part) -> Iterable[str]:
    yield "One month's questions of logs of several lengths, in turn, in processes of their own; medians of"
    yield f"{found['runs']} to warm engines, each of another month or another word."
    yield ""
    lengths = sorted(found["rows"][0]["seconds"], key=int)
    rows = [
        [
            row["question"],
            *(ms(row["seconds"][each]) for each in lengths),
            factor(row["seconds"][lengths[-1]], row["seconds"][lengths[-2]]),
        ]
        for row in found["rows"]
    ]
    columns = ["question", *(f"{int(each):,} events, ms" for each in lengths), "longest / the one before"]
    yield from table(columns, rows)


def _plain(found: Part) -> Iterable[str]:
    """A part that brings its own table: `columns`, `rows` of words, and `how` it was measured."""
    yield found.get("how", "")
    yield ""
    yield from table(found["columns"], [[number(cell) for cell in row] for row in found["rows"]])


_SECTIONS: Mapping[str, Callable[[Part], Iterable[str]]] = {
    "questions": _questions,
    "browser": _browser,
    "sessions": _sessions,
    "exports": _exports,
    "lengths": _lengths,
}
