"""What is decoded of a file is held once, within bounds, and let go when it is too much or out of date."""

import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from dashboard.archive import dictionaries, patience
from dashboard.archive.held import Held, Pass, TooLarge, lie_in_order
from dashboard.archive.patience import NotWaitedForError
from dashboard.archive.snapshot import Part, Piece
from dashboard.events.columns import SCHEMA

START = datetime(2026, 1, 1, tzinfo=UTC)


def piece(name: str, actors: Sequence[str | None], first_seq: int = 0) -> Piece:
    times = [START + timedelta(seconds=first_seq + n) for n in range(len(actors))]
    known = {
        "seq": range(first_seq, first_seq + len(actors)),
        "occurred_at": times,
        "actor": actors,
        "category": ["Auth"] * len(actors),
    }
    frame = pl.DataFrame(
        {column: pl.Series(known.get(column, [None] * len(actors)), dtype=dtype) for column, dtype in SCHEMA.items()}
    )
    part = Part(name, len(actors), first_seq, first_seq + len(actors) - 1, times[0], times[-1])
    return Piece(part, frame.lazy())


def unreadable(of: Piece) -> Piece:
    return Piece(of.part, pl.scan_parquet("/nowhere/at-all.parquet"))


def test_a_column_is_decoded_once_and_equals_the_file() -> None:
    held, one = Held(1 << 20), piece("a", ["x", None, "y", "x"])
    frame = held.frames([one], ["actor", "seq"])[0]
    assert frame.with_columns(pl.col("actor").cast(pl.String)).rows() == [("x", 0), (None, 1), ("y", 2), ("x", 3)]
    assert held.frames([unreadable(one)], ["seq", "actor"])[0].columns == ["seq", "actor"]
    assert set(held.values([unreadable(one)], "actor")[0].cast(pl.String)) == {"x", "y", None}


def test_files_share_one_dictionary() -> None:
    held = Held(1 << 20)
    both = pl.concat(held.frames([piece("a", ["x", "y"]), piece("b", ["y", "z"], 2)], ["actor"]))
    counted = both.group_by("actor").len().sort("actor")
    assert counted.with_columns(pl.col("actor").cast(pl.String)).rows() == [("x", 1), ("y", 2), ("z", 1)]


def test_what_was_asked_for_longest_ago_goes_first() -> None:
    rows = 2_000
    pieces = [piece(name, ["x"] * rows, n * rows) for n, name in enumerate("abc")]
    held = Held(2 * 8 * rows + 1_000)
    for one in pieces:
        held.frames([one], ["seq"])
    assert held.size_bytes <= 2 * 8 * rows + 1_000
    held.frames([unreadable(pieces[1]), unreadable(pieces[2])], ["seq"])
    with pytest.raises(FileNotFoundError):
        held.frames([unreadable(pieces[0])], ["seq"])


def test_more_than_there_is_room_for_is_refused_before_anything_is_read() -> None:
    held, one = Held(100), piece("a", ["x"] * 100)
    with pytest.raises(TooLarge):
        held.frames([unreadable(one)], ["seq"])
    with pytest.raises(TooLarge):
        held.frames([one], ["details"])


def test_a_column_of_too_many_values_is_given_back_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dictionaries, "_MOST_BYTES", 10_000)
    held, many = Held(1 << 20), piece("a", [f"somebody {n}" for n in range(1_000)])
    for _ in range(2):
        with pytest.raises(TooLarge):
            held.frames([many], ["actor"])
    assert held.size_bytes < 20_000
    assert held.frames([many], ["category"])[0].height == 1_000


def test_more_values_than_a_code_can_number_are_given_back() -> None:
    odd = piece("a", ["x"] * 300)
    odd = Piece(odd.part, odd.rows.with_columns(outcome=pl.col("seq").cast(pl.String)))
    held = Held(1 << 20)
    with pytest.raises(TooLarge):
        held.frames([odd], ["outcome", "actor"])
    assert held.frames([odd], ["actor"])[0].height == 300


def test_counts_outlive_their_column() -> None:
    held, one = Held(1 << 20), piece("a", ["x", "y", "x"])

    def count(rows: pl.DataFrame) -> pl.DataFrame:
        return rows.group_by("actor").len()

    first = held.counts([one], "actors", ["actor"], count)
    again = held.counts([unreadable(one)], "actors", ["actor"], count)
    assert first[0].sort("actor").rows() == again[0].sort("actor").rows()


def test_counts_and_values_are_within_the_bounds_too_and_columns_make_way_for_them() -> None:
    rows, files = 1_000, 40
    names = [[f"{file}-{row}" for row in range(rows)] for file in range(files)]
    pieces = [piece(f"f{file}", texts, file * rows) for file, texts in enumerate(names)]
    held = Held(most := 4_000_000)
    numbers = [len(count) for one in pieces for count in held.counts([one], "rows", ["seq"], lambda rows: rows.head(1))]
    assert numbers == [1] * files
    for one in pieces:
        assert held.counts([one], "all", ["seq"], lambda rows: pl.concat([rows] * 30))[0].height == 30 * rows
        assert held.size_bytes <= most
    again = held.counts([unreadable(pieces[-1])], "all", ["seq"], lambda rows: rows)
    assert again[0].height == 30 * rows  # the newest is still known, its column too
    held.keep_only([])
    assert held.size_bytes == 0


def holding(letter: str, asked: list[str] | None = None) -> Pass:
    def passing(column: str, values: pl.Series) -> pl.Series:
        if asked is not None:
            asked.append(column)
        return values.filter(values.cast(pl.String).str.contains(letter, literal=True))

    return passing


def test_a_row_is_marked_that_holds_a_value_that_passes_in_any_column_and_is_looked_at_once() -> None:
    held, one = Held(1 << 20), piece("a", ["ax", None, "y", "x"])
    assert [rows.to_list() for rows in held.marks([one], "x", ["actor", "category"], holding("x"))] == [
        [True, False, False, True]
    ]
    assert held.marks([one], "u", ["actor", "category"], holding("u"))[0].all(), "of each the category"
    assert not held.marks([one], "z", ["actor", "category"], holding("z"))[0].any()
    asked: list[str] = []
    again = held.marks([unreadable(one)], "x", ["actor", "category"], holding("never", asked))
    assert again[0].to_list() == [True, False, False, True]
    assert not asked


def test_marks_of_more_than_there_is_room_for_read_some_files_at_a_time_and_only_columns_that_have_a_value() -> None:
    rows, read = 1_000, []

    def watched(name: str, actor: str, first: int) -> Piece:
        one = piece(name, [actor] * rows, first)

        def note(batch: pl.DataFrame) -> pl.DataFrame:
            read.append((name, *batch.columns))
            return batch

        return Piece(one.part, one.rows.map_batches(note, projection_pushdown=False))

    pieces = [watched(f"f{n}", "x" if n == 3 else "y", n * rows) for n in range(20)]
    held = Held(20 * rows * 4)  # the actors of all, and not the categories too
    held.frames(pieces[:1], ["seq"])
    first = [found.sum() for found in held.marks(pieces, "x", ["actor", "category"], holding("x"))]
    assert first == [rows if n == 3 else 0 for n in range(20)]
    held.frames([unreadable(pieces[0])], ["seq"])  # nothing that was held made way
    read.clear()
    assert sum(found.sum() for found in held.marks(pieces, "q", ["actor", "category"], holding("q"))) == 0
    assert not read, "the distinct values are known, and none of them passes"
    assert held.marks([unreadable(each) for each in pieces], "x", ["actor", "category"], holding("x"))[3].all()
    actors = [Piece(each.part, each.rows.drop("category")) for each in pieces]
    again = held.marks(actors, "x once more", ["actor", "category"], holding("x"))
    assert [found.any() for found in again] == [n == 3 for n in range(20)], "in which no category passes is not read"


def test_work_that_nobody_waits_for_any_longer_ends_between_some_files_and_what_it_found_is_kept() -> None:
    rows = 1_000
    pieces = [piece(f"f{n}", ["x", *["y"] * (rows - 1)], rows * n) for n in range(20)]
    held, looks = Held(20 * rows * 4), 0  # the actors of all, and not the categories too

    def look() -> None:
        nonlocal looks
        looks += 1
        if looks > 6:  # of eight files, their values and rows
            raise NotWaitedForError

    with patience.looking(look), pytest.raises(NotWaitedForError):
        held.marks(pieces, "x", ["actor", "category"], holding("x"))
    assert looks == 7
    known = held.marks([unreadable(each) for each in pieces[:8]], "x", ["actor", "category"], holding("x"))
    assert [found.arg_true().to_list() for found in known] == [[0]] * 8
    assert sum(found.sum() for found in held.marks(pieces, "x", ["actor", "category"], holding("x"))) == 20


def test_marks_of_many_searches_make_way_for_one_another_and_for_nothing_else() -> None:
    rows = 8_000
    one = piece("a", ["x"] * rows)
    held = Held(most := 10 * 3 * rows // 8)
    for number in range(20):
        held.marks([one], f"search {number}", ["category"], holding("A"))
        assert held.size_bytes <= most
    for number in (18, 19):
        assert held.marks([unreadable(one)], f"search {number}", ["category"], holding("A"))[0].all()
    asked: list[str] = []
    held.marks([one], "search 3", ["category"], holding("A", asked))
    assert asked == ["category"]


_GROWS = """
import re, sys
from datetime import UTC, datetime
from pathlib import Path
import polars as pl
from dashboard.archive.held import Held
from dashboard.archive.snapshot import Part, Piece

def anonymous_mb():
    return int(re.search(r"RssAnon:\\s+(\\d+)", Path("/proc/self/status").read_text()).group(1)) / 1024

ROWS, FILES, NOW = 250_000, 200, datetime(2026, 1, 1, tzinfo=UTC)
texts = [f"text {n}" for n in range(20)] * (ROWS // 20)
rows = pl.DataFrame({"source": ["gitsec"] * ROWS, "description": texts}).lazy()
pieces = [Piece(Part(f"f{n}", ROWS, n * ROWS, (n + 1) * ROWS - 1, NOW, NOW), rows) for n in range(FILES)]
held = Held(20 << 20)
seventh = lambda column, values: values.filter(values.cast(pl.String) == "text 7")
ask = lambda some: [held.values(some, "source"), held.marks(some, "seventh", ["description"], seventh)]
ask(pieces[:8])
before = anonymous_mb()
ask(pieces)
for column in ("source", "description"):
    held.frames(pieces[:1], [column])  # what was asked for before makes way
print(anonymous_mb() - before, held.size_bytes / 2**20)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="/proc says what a process takes")
def test_what_is_found_out_about_files_takes_the_memory_that_it_says() -> None:
    """Polars' distinct values of 250,000 rows keep room for 250,000: of 200 files that was 200 MB, unseen."""
    told = subprocess.run([sys.executable, "-c", _GROWS], check=True, capture_output=True, text=True).stdout
    grew, says = map(float, told.split())
    assert says < 21
    assert grew < says + 60, "what was decoded for a moment is among it"


def test_what_belongs_to_no_piece_is_dropped() -> None:
    held, old, new = Held(1 << 20), piece("old", ["x"] * 50), piece("new", ["x"] * 50, 50)
    held.frames([old, new], ["seq"])
    held.keep_only([new])
    held.frames([unreadable(new)], ["seq"])
    with pytest.raises(FileNotFoundError):
        held.frames([unreadable(old)], ["seq"])


def test_order_is_by_time_then_place() -> None:
    times = [START, START, START + timedelta(seconds=1)]
    assert lie_in_order(pl.DataFrame({"occurred_at": times, "seq": [1, 2, 0]}))
    assert not lie_in_order(pl.DataFrame({"occurred_at": times, "seq": [2, 1, 3]}))
    assert not lie_in_order(pl.DataFrame({"occurred_at": times[::-1], "seq": [0, 1, 2]}))
    assert lie_in_order(pl.DataFrame({"occurred_at": times[:1], "seq": [0]}))
