"""Leaves column by column are the leaves of `events.canonical`, whatever the texts hold."""

import hashlib

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.events.canonical import GROUPS, LeafInput, PlaceInput, disclosures, leaf_hash, leaf_line
from dashboard.ledger.leaves import COLUMNS, UNKNOWN, leaf_hashes, values_left
from tests.thorough import cases

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20) | st.sampled_from(
    ["", "null", '"', "\\", "\x1f", "\x7f", "\u2028", "é", "😀", '{"a":"b"}', "\r\n", "NULL", "\ufeff"]
)
MAYBE = st.none() | TEXT
SALT = st.binary(min_size=16, max_size=16).map(bytes.hex)
TIME = st.datetimes().map(lambda moment: moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ").rjust(27, "0"))
EVENTS = st.builds(
    LeafInput,
    id=st.integers(1, 2**63 - 1), recorded_at=TIME, db_role=TEXT, occurred_at=TIME, category=TEXT, action=TEXT,
    outcome=st.sampled_from(["success", "failure", "unknown"]), actor_type=st.sampled_from(["user", "system"]),
    actor_id=MAYBE, source=TEXT, native_id=TEXT, source_seq=st.none() | st.integers(0, 2**53 - 1), request_id=MAYBE,
    imported=st.booleans(), actor=MAYBE, source_ip=MAYBE, user_agent=MAYBE, reported_region=MAYBE, target=MAYBE,
    description=MAYBE, details=MAYBE, original_sha256=st.none() | st.binary(min_size=32, max_size=32).map(bytes.hex),
    actor_salt=SALT, client_salt=SALT, target_salt=SALT, description_salt=SALT, details_salt=SALT, original_salt=SALT,
)  # fmt: skip
PLACES = st.builds(PlaceInput, MAYBE, MAYBE, MAYBE, SALT)


def frame(rows: list[tuple[LeafInput, PlaceInput]]) -> pl.DataFrame:
    told = [{**e._asdict(), **p._asdict(), "place_salt": p.salt} for e, p in rows]
    return pl.DataFrame([{name: row[name] for name in COLUMNS} for row in told], schema=dict(COLUMNS))


@settings(max_examples=cases(200), deadline=None)
@given(st.lists(st.tuples(EVENTS, PLACES), min_size=1, max_size=6))
def test_each_leaf_is_the_canonical_one(rows: list[tuple[LeafInput, PlaceInput]]) -> None:
    assert leaf_hashes(frame(rows)) == [leaf_hash(leaf_line(event, place)) for event, place in rows]


def test_no_rows_have_no_leaves() -> None:
    assert leaf_hashes(frame([])) == []


@settings(max_examples=cases(50), deadline=None)
@given(EVENTS, PLACES, st.sets(st.sampled_from(GROUPS)))
def test_erased_groups_enter_by_their_digests(event: LeafInput, place: PlaceInput, groups: set[str]) -> None:
    before = leaf_hash(leaf_line(event, place))
    told = disclosures(event, place)
    kept = frame([(event, place)]).with_columns(pl.lit(None, pl.String).alias(f"{group}_salt") for group in groups)
    digests = {(event.id, group): hashlib.sha256(told[group].encode()).hexdigest() for group in groups}
    assert leaf_hashes(kept, digests) == [before]
    if groups:
        digests.popitem()
        assert leaf_hashes(kept, digests) == [UNKNOWN]


@pytest.mark.parametrize(("group", "column"), [("client", "user_agent"), ("actor", "actor"), ("place", "country")])
def test_a_value_beside_a_salt_that_is_gone_is_seen(group: str, column: str) -> None:
    rows = pl.DataFrame({name: [None, None] for name in COLUMNS}, schema=dict(COLUMNS))
    rows = rows.with_columns(pl.Series(column, ["forged", None], dtype=pl.String))
    assert values_left(rows).to_list() == [True, False]
    assert values_left(rows.with_columns(pl.lit("00").alias(f"{group}_salt"))).to_list() == [False, False]
