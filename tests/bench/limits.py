"""What the project holds itself to, and whether the figures meet it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.bench.tables import ABSENT, bytes_, factor, ms, table

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
        yield "## Memory in logs of several sizes\n"
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
    """A month costs the same in a log of ten times the length, and no log takes more memory."""
    for size in sorted(kept, key=int):
        for row in kept[size].get("lengths", {}).get("rows", ()):
            times = {int(events): seconds for events, seconds in row["seconds"].items()}
            if SIZE in times and max(times) > SIZE:
                ratio = times[max(times)] / times[SIZE]
                limit = f"{row['question']}: at {max(times):,} events at most {_MONTH_FACTOR} x the time at {SIZE:,}"
                yield Judged(limit, f"{factor(ratio, 1.0)} x", ratio <= _MONTH_FACTOR)
        if int(size) != SIZE:
            for what, held in _memory(kept[size]).items():
                yield Judged(f"{what} at {int(size):,} events: below 2 GiB", bytes_(held), held < _MOST_MEMORY)


def _memory(parts: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """The most that a process took, by what it was asked."""
    found: dict[str, float] = {}
    if "questions" in parts:
        found["memory after all questions"] = parts["questions"]["memory"]["Auditlens"]["peak"]
    if "sessions" in parts:
        found["memory of the server under sessions"] = max(row["memory"] for row in parts["sessions"]["rows"])
    return found


def _by_size(kept: Kept) -> Iterable[str]:
    sizes = sorted(kept, key=int)
    memory = {size: _memory(kept[size]) for size in sizes}
    names = dict.fromkeys(name for found in memory.values() for name in found)
    rows = [[name, *(bytes_(memory[s][name]) if name in memory[s] else ABSENT for s in sizes)] for name in names]
    return table(["process", *(f"{int(size):,} events" for size in sizes)], rows)
