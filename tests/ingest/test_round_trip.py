"""What our exports write, our import reads back equal: every format, every column, any text."""

import gzip
from datetime import UTC, datetime

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.events.columns import COLUMNS, CSV_COLUMNS, SCHEMA
from dashboard.export.csv_text import write_csv
from dashboard.export.json_text import write_json, write_ndjson
from dashboard.ingest.fields import PRODUCER_FIELDS
from tests.thorough import cases

ALL = tuple(COLUMNS)
AT = datetime(2026, 11, 23, 8, 11, 57, 123456, tzinfo=UTC)
FIXED = {
    "seq": 0, "id": 2**60, "occurred_at": AT, "recorded_at": AT, "outcome": "failure", "actor_type": "anonymous",
    "actor": None, "source_ip": "81.2.69.142", "region": "London", "country": "GB", "geo_source": "X 2026",
    "source_seq": 2**53 - 1, "db_role": "writer", "imported": True, "clock": "ahead", "erased": None,
}  # fmt: skip
characters = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
texts = st.text(characters, max_size=40) | st.text("=+-@'\t\r\n—,;\"a ", max_size=8)
names = texts.filter(lambda text: text.strip() != "")
rows = st.fixed_dictionaries(
    dict.fromkeys(("category", "action", "source"), names)
    | {"description": texts}
    | {
        name: texts | st.none()
        for name in ("actor_id", "target", "user_agent", "reported_region", "native_id", "request_id", "details")
    }
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=cases(100), deadline=None)
@given(rows, st.sampled_from([write_csv, write_ndjson, write_json]), st.booleans())
def test_all_columns_come_back_equal(fresh, row, write, packed):
    frame = pl.DataFrame([FIXED | row], schema=SCHEMA)
    content = b"".join(write([frame], ALL))
    (event,) = fresh(gzip.compress(content) if packed else content).events
    expected = frame.row(0, named=True)
    assert {name: getattr(event, name) for name in PRODUCER_FIELDS} == {
        name: expected[name] for name in PRODUCER_FIELDS
    }


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=cases(100), deadline=None)
@given(rows, texts | st.none(), texts | st.none())
def test_the_table_of_a_csv_export_comes_back_equal(fresh, row, actor, region):
    frame = pl.DataFrame([FIXED | row | {"actor": actor, "region": region}], schema=SCHEMA)
    (event,) = fresh(b"".join(write_csv([frame], CSV_COLUMNS))).events
    assert (event.actor, event.reported_region, event.occurred_at) == (actor, region, AT)
    assert (event.category, event.action, event.description) == (row["category"], row["action"], row["description"])
    assert (event.outcome, event.source_ip) == ("failure", "81.2.69.142")


@pytest.mark.parametrize("write", [write_csv, write_json])
def test_an_empty_export_is_no_fault(fresh, write):
    assert fresh(b"".join(write([pl.DataFrame(schema=SCHEMA)], ALL))).report["read"] == 0
