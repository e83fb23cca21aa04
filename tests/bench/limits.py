"""What the project holds itself to, and whether the figures meet it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.tables import bytes_, factor, ms, table

SIZE = 10_000_000  # of the log that the limits are about
_MONTH_FACTOR = 1.3
_MOST_EXPORT_MB = 200
_MOST_MEMORY = 2 * 1024**3

Kept = Mapping[str, Mapping[str, Mapping[str, Any]]]


@dataclass(frozen=True, slots=True)
class Judged:
    """A limit, what was measured, and whether it is met; None where nothing was measured."""

    limit: str
    measured: str
    met: bool | None

    def cells(self) -> Sequence[str]:
        return [self.limit, self.measured, {True: "yes", False: "**no**", None: "not measured"}[self.met]]


def sections(kept: Kept) -> Iterable[str]:
    """The limits at ten million events, or at the size that comes next to it, and how the cost grows with the log."""
    size = min(kept, key=lambda events: abs(int(events) - SIZE))
    yield f"## Limits, {int(size):,} events\n"
    if int(size) != SIZE:
        yield f"The limits are meant for {SIZE:,} events; so many were not measured yet.\n"
    yield "\n".join(table(["limit", "measured", "met"], [one.cells() for one in judged(kept, size)]))
    yield ""
    if sum("questions" in parts for parts in kept.values()) > 1:
        yield "## One month's questions in logs of several sizes\n"
        yield "\n".join(_by_size(kept))
        yield ""


def judged(kept: Kept, size: str) -> list[Judged]:
    """Every limit that one size's figures can tell of, and those between sizes."""
    parts = kept[size]
    found = [*_questions(parts["questions"])] if "questions" in parts else []
    found += [*_browser(parts["browser"])] if "browser" in parts else []
    found += [*_sessions(parts["sessions"])] if "sessions" in parts else []
    found += [*_exports(parts["exports"])] if "exports" in parts else []
    return [*found, *_sizes(kept)]


def _questions(found: Mapping[str, Any]) -> Iterator[Judged]:
    for row in found["rows"]:
        name, limits, ours = row["question"], row["limits"], row["ours"]
        if limits["ms"]:
            yield Judged(f"{name}: {limits['ms']:.0f} ms", f"{ms(ours)} ms", ours * 1000 <= limits["ms"])
        if limits["duckdb"]:
            duckdb = row.get("duckdb")
            met = None if duckdb is None else ours <= limits["duckdb"] * duckdb
            yield Judged(f"{name}: not slower than DuckDB", f"{factor(ours, duckdb)} x its time", met)
        if limits["postgres"]:
            plain = row.get("plain")
            limit = f"{name}: {limits['postgres']:.0f} x quicker than plain PostgreSQL"
            beside = beside_plain(row)
            met = None if plain is None else plain >= limits["postgres"] * beside
            yield Judged(limit, f"{factor(plain, beside)} x", met)
    held = found["memory"]["Auditlens"]["peak"]
    yield Judged("memory after all questions: below 2 GiB", bytes_(held), held < _MOST_MEMORY)


def beside_plain(row: Mapping[str, Any]) -> float:
    """Our time in turn with PostgreSQL's; where that was not measured, the one in turn with DuckDB's."""
    beside: float = row.get("ours_beside_plain") or row["ours"]
    return beside


def _browser(found: Mapping[str, Any]) -> Iterator[Judged]:
    for row in found["rows"]:
        if row.get("limit_above") is not None:
            limit = f"{row['change']}: {row['limit_above'] * 1000:.0f} ms above a trivial page"
            yield Judged(limit, f"{ms(row['above'])} ms above", row["above"] <= row["limit_above"])
        if row.get("limit") is not None:
            limit = f"{row['change']}: {row['limit'] * 1000:.0f} ms"
            yield Judged(limit, f"{ms(row['median'])} ms", row["median"] <= row["limit"])


def _sessions(found: Mapping[str, Any]) -> Iterator[Judged]:
    for row in found["rows"]:
        measured = f"{row['errors']} errors; {ms(row['p50'])} ms, 95th percentile {ms(row['p95'])} ms"
        yield Judged(f"{row['sessions']} sessions at once: no errors", measured, row["errors"] == 0)
    most = max(row["memory"] for row in found["rows"])
    yield Judged("memory of the server under them: below 2 GiB", bytes_(most), most < _MOST_MEMORY)


def _exports(found: Mapping[str, Any]) -> Iterator[Judged]:
    _, seconds, _, memory, *_ = found["rows"][0]
    what = f"CSV of {found['exported']:,} events"
    copied = f"{factor(seconds, found['copy'])} x its time"
    yield Judged(f"{what}: not slower than COPY … TO STDOUT", copied, seconds <= found["copy"])
    yield Judged(f"{what}: at most 200 MB above idle", f"{memory:,.0f} MB", memory <= _MOST_EXPORT_MB)


def _sizes(kept: Kept) -> Iterator[Judged]:
    """A month costs the same in a log of ten times the length."""
    small, large = _monthly(kept, "10000000"), _monthly(kept, "100000000")
    for name in small.keys() & large.keys():
        met = large[name] <= _MONTH_FACTOR * small[name]
        limit = f"{name}: at 100 million at most {_MONTH_FACTOR} x the time at 10 million"
        yield Judged(limit, f"{factor(large[name], small[name])} x", met)


def _monthly(kept: Kept, size: str) -> dict[str, float]:
    rows = kept.get(size, {}).get("questions", {}).get("rows", ())
    return {row["question"]: row["ours"] for row in rows if "one month" in row["question"]}


def _by_size(kept: Kept) -> Iterable[str]:
    sizes = sorted((size for size, parts in kept.items() if "questions" in parts), key=int)
    times = {size: _monthly(kept, size) for size in sizes}
    rows = [[name, *(ms(times[size].get(name)) for size in sizes)] for name in times[sizes[-1]]]
    memory = [
        "memory after all questions",
        *(bytes_(kept[s]["questions"]["memory"]["Auditlens"]["peak"]) for s in sizes),
    ]
    return table(["question", *(f"{int(size):,} events, ms" for size in sizes)], [*rows, memory])
