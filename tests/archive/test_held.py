"""What is decoded of a file is held once, within bounds, and let go when it is too much or out of date."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from dashboard.archive import held as held_module
from dashboard.archive.held import Held, TooLarge, lie_in_order
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
    assert set(held.values(unreadable(one), "actor").cast(pl.String)) == {"x", "y", None}


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
    monkeypatch.setattr(held_module, "_MOST_VALUE_BYTES", 10_000)
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
