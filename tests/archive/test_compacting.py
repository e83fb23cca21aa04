"""Compaction ends, costs little for each row, and leaves the same rows in few files of different times."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise
from math import log2
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.archive import compacting, files
from dashboard.archive.compacting import Absorb, Join, Sizes, Span, compact_once, plan, spans_of
from dashboard.archive.listing import Listed
from dashboard.archive.table import ArchiveTable, OvertakenError
from dashboard.errors import DamagedError
from tests.thorough import cases

SMALL = Sizes(full=64, most=128, at_once=256)
SCHEMA: dict[str, pl.DataType] = {  # type: ignore[assignment]  # Polars takes classes for types
    "seq": pl.Int64,
    "occurred_at": pl.Datetime("us", "UTC"),
    "category": pl.String,
    "actor": pl.String,
}
START = datetime(2026, 1, 1, tzinfo=UTC)


class Model:
    """A table of sorted lists of numbers, rewritten as compaction says."""

    def __init__(self) -> None:
        self.held: dict[str, list[int]] = {}
        self.rewritten = self.steps = 0
        self._names = (f"{n:06d}" for n in count())

    def add(self, rows: Sequence[int]) -> None:
        fresh = sorted(rows)
        pieces = -(-len(fresh) // SMALL.most)
        for k in range(pieces):
            self.held[next(self._names)] = fresh[len(fresh) * k // pieces : len(fresh) * (k + 1) // pieces]

    def mirror(self, rows: Sequence[int]) -> None:
        """As a table appends: what came late apart."""
        starts = [held[0] for held in self.held.values() if len(held) >= SMALL.full // 4]
        late = [row for row in rows if starts and row < max(starts)]
        self.add(late)
        self.add(sorted(set(rows) - set(late)))

    def spans(self) -> list[Span]:
        return [
            Span(Listed(name, name, 0, len(rows), 0, 0, None, None), rows[0], rows[-1])
            for name, rows in self.held.items()
        ]

    def compact(self, *, thorough: bool = False) -> None:
        while wanted := plan(self.spans(), sizes=SMALL, thorough=thorough):
            self.steps += 1
            assert self.steps < 50_000, "it does not end"
            if isinstance(wanted, Join):
                self.add([row for span in wanted.spans for row in self._take(span)])
            else:
                self._absorb(wanted)

    def _take(self, span: Span) -> list[int]:
        self.rewritten += span.rows
        return self.held.pop(span.file.name)

    def _absorb(self, wanted: Absorb) -> None:
        left = self._take(wanted.small)
        bounds = [*(span.low for span in wanted.into[1:]), 2**63]
        rows, low = 0, -(2**63)
        for span, bound in zip(wanted.into, bounds, strict=True):
            mine = [row for row in left if low <= row < bound]
            if mine and not (rows and rows + span.rows > SMALL.at_once):
                rows += span.rows
                left = [row for row in left if not low <= row < bound]
                self.add(self._take(span) + mine)
            low = bound
        self.add(left)

    @property
    def rows(self) -> list[int]:
        return sorted(row for held in self.held.values() for row in held)


def arriving(kind: str, chance: random.Random) -> list[list[int]]:
    """What one log's mirror writes, range by range: times of events."""
    now, ranges = 0, []
    for _ in range(chance.randint(1, 120)):
        size = chance.choice([1, 3, 10, 40, 100])
        times = []
        for _ in range(size):
            now += chance.randint(1, 10)
            late = kind == "late" and chance.random() < 0.1
            old = kind == "unsorted import" and chance.random() < 0.7
            ahead = kind == "ahead" and chance.random() < 0.02
            times.append(
                chance.randint(0, max(now, 1)) if late else chance.randint(-9_000, 0) if old else now + 10**7 * ahead
            )
        ranges.append([time * 1_000_000 + len(ranges) * 1_000 + k for k, time in enumerate(times)])
    return ranges


@settings(max_examples=cases(30), deadline=None)
@given(kind=st.sampled_from(["in order", "late", "unsorted import", "ahead"]), seed=st.integers(0, 2**32))
def test_whatever_comes_is_settled_in_the_end_at_a_bounded_cost(kind: str, seed: int) -> None:
    model, everything = Model(), []
    for times in arriving(kind, random.Random(seed)):
        model.mirror(times)
        everything += times
        model.compact()
        assert len(model.held) <= 2 * len(everything) / SMALL.full + 20
    assert model.rows == sorted(everything)
    assert model.rewritten <= (3 + 2 * log2(1 + len(everything) / SMALL.full)) * len(everything)
    model.compact(thorough=True)
    assert model.rows == sorted(everything)
    ordered = sorted(model.spans(), key=lambda span: span.low)
    assert all(one.high < other.low for one, other in pairwise(ordered))
    assert all(SMALL.full <= span.rows <= SMALL.most for span in ordered) or len(everything) < SMALL.full


def frame(seqs: Sequence[int], seconds: Sequence[int]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "seq": seqs,
            "occurred_at": [START + timedelta(seconds=s) for s in seconds],
            "category": [f"c{s % 3}" for s in seqs],
            "actor": [None if s % 5 == 0 else f"person.{s % 7}" for s in seqs],
        },
        schema=SCHEMA,
    )


@pytest.fixture
def table(tmp_path: Path) -> ArchiveTable:
    return ArchiveTable(str(tmp_path), "events", SCHEMA, "log")


def fill(table: ArchiveTable, ranges: Sequence[Sequence[int]]) -> pl.DataFrame:
    """Appends ranges of times, as a mirror does; gives all rows."""
    frames, seq = [], 0
    for seconds in ranges:
        rows = frame(range(seq, seq + len(seconds)), seconds)
        table.append(rows, seq, seq + len(seconds))
        frames.append(rows)
        seq += len(seconds)
    return pl.concat(frames).sort("seq")


def held(table: ArchiveTable) -> pl.DataFrame:
    return table.scan().collect().sort("seq")


def log_of(table: ArchiveTable) -> list[dict[str, object]]:
    return DeltaTable(table.storage.uri).history()


def test_compaction_leaves_the_same_rows_in_sorted_files_of_different_times(table: ArchiveTable) -> None:
    chance = random.Random(4)
    rows = fill(table, [[chance.randint(0, 900) for _ in range(30)] for _ in range(12)])
    assert len(table.files()) == 12
    while compact_once(table, thorough=True, sizes=SMALL):
        assert held(table).equals(rows)
        assert table.watermark == rows.height
    parts = sorted(spans_of(table), key=lambda span: span.low)
    assert 3 <= len(parts) <= 5
    for one in parts:
        times = pl.read_parquet(one.file.uri).select("occurred_at", "seq")
        assert times.equals(times.sort("occurred_at", "seq"))
    assert sum(one.high > other.low for one, other in pairwise(parts)) == 0


def test_a_reader_of_an_older_version_reads_on_until_the_old_files_are_tidied_away(table: ArchiveTable) -> None:
    rows = fill(table, [[k] for k in range(8)])
    reader = ArchiveTable(table.storage.uri.removesuffix("/events"), "events", SCHEMA, "log")
    reader.refresh()
    older = reader.scan()
    while compact_once(table, sizes=SMALL):
        pass
    assert len(table.files()) < len(reader.files()) == 8
    assert table.tidy(timedelta(hours=1)) == 0
    assert older.collect().sort("seq").equals(rows)
    assert table.tidy(timedelta()) >= 8
    with pytest.raises(FileNotFoundError):
        older.collect()
    assert reader.refresh()
    assert held(reader).equals(rows)


def test_a_compaction_is_no_change_of_data_and_keeps_how_far_the_mirror_came(table: ArchiveTable) -> None:
    fill(table, [[k] for k in range(5)])
    assert compact_once(table, sizes=SMALL) == 5
    assert table.watermark == 5
    newest = sorted((Path(table.storage.uri) / "_delta_log").glob("*.json"))[-1].read_text()
    assert '"dataChange":true' not in newest
    assert newest.count('"remove"') == 5
    assert DeltaTable(table.storage.uri).metadata().configuration["delta.appendOnly"] == "true"
    table.append(frame([5], [5]), 5, 6)
    assert table.watermark == 6


def test_a_mirror_in_between_is_kept(table: ArchiveTable, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = fill(table, [[k] for k in range(4)])
    other = ArchiveTable(table.storage.uri.removesuffix("/events"), "events", SCHEMA, "log")
    write = files.write

    def mirrored_meanwhile(*args: object, **named: object) -> object:
        monkeypatch.setattr(files, "write", write)
        other.append(frame([4], [4]), 4, 5)
        return write(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(files, "write", mirrored_meanwhile)
    assert compact_once(table, sizes=SMALL) == 4
    assert held(table).equals(pl.concat([rows, frame([4], [4])]))
    assert table.watermark == 5


def test_of_two_that_replace_the_same_files_one_gives_way_and_leaves_nothing(
    table: ArchiveTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = fill(table, [[k] for k in range(4)])
    other = ArchiveTable(table.storage.uri.removesuffix("/events"), "events", SCHEMA, "log")
    replace = ArchiveTable.replace

    def overtaken(self: ArchiveTable, *args: object, **named: object) -> None:
        monkeypatch.setattr(ArchiveTable, "replace", replace)
        assert compact_once(other, sizes=SMALL) == 4
        with pytest.raises(OvertakenError):
            replace(self, *args, **named)  # type: ignore[arg-type]
        raise OvertakenError

    monkeypatch.setattr(ArchiveTable, "replace", overtaken)
    compact_once(table, sizes=SMALL)
    table.refresh()
    assert held(table).equals(rows)
    on_disk = set(Path(table.storage.uri).glob("*.parquet"))
    assert len(on_disk) == 4 + 1  # the old ones, and what one of the two wrote


def test_rows_that_would_change_stop_it(table: ArchiveTable, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = fill(table, [[k] for k in range(4)])
    monkeypatch.setattr(compacting.files, "cut", lambda sorted_rows, _: [sorted_rows.head(3)])
    with pytest.raises(DamagedError, match="would have changed"):
        compact_once(table, sizes=SMALL)
    table.refresh()
    assert held(table).equals(rows)
    assert len(list(Path(table.storage.uri).glob("*.parquet"))) == 4


def test_storage_that_gives_back_something_else_is_found_before_the_commit(
    table: ArchiveTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(table, [[1]])
    encoded = files.encoded
    monkeypatch.setattr(files, "encoded", lambda rows: encoded(rows.with_columns(actor=pl.lit("another"))))
    with pytest.raises(Exception, match="gave back other rows"):
        table.append(frame([1], [1]), 1, 2)
    table.refresh()
    assert table.watermark == 1


def test_late_rows_of_a_range_get_a_file_of_their_own(table: ArchiveTable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "ROW_GROUP", 10)
    fill(table, [range(100, 120), [*range(121, 140), 5]])
    assert sorted((part.rows, part.newest.second) for part in table.parts())[0][0] == 1
    newest = table.parts()[-1]
    assert newest.oldest > START + timedelta(seconds=120)


def test_files_tell_of_themselves_without_naming_anybody(table: ArchiveTable) -> None:
    fill(table, [[1, 2, 3, 4]])
    text = "".join(path.read_text() for path in (Path(table.storage.uri) / "_delta_log").glob("*.json"))
    assert '\\"category\\"' in text
    assert "person." not in text
    assert '\\"actor\\"' not in text.replace('\\"name\\":\\"actor\\"', "")


def test_what_a_killed_process_left_is_tidied_away_and_a_file_being_written_is_not(table: ArchiveTable) -> None:
    import os

    fill(table, [[1]])
    folder = Path(table.storage.uri)
    left, fresh = folder / "part-left.parquet", folder / "part-fresh.parquet"
    left.write_bytes(b"x")
    fresh.write_bytes(b"x")
    long_ago = (datetime.now(UTC) - timedelta(hours=3)).timestamp()
    os.utime(left, (long_ago, long_ago))
    assert table.tidy(timedelta(hours=1)) == 1
    assert not left.exists()
    assert fresh.exists()
