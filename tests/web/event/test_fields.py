"""An event's raw record on the screen: nothing in it turns or hides the text, and it means what an export says."""

from datetime import UTC, datetime

import orjson
import polars as pl
from hypothesis import example, given
from hypothesis import strategies as st

from dashboard.events.columns import SCHEMA
from dashboard.events.folding import visible
from dashboard.web.event.fields import raw_json
from tests.web import sample


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("\u0300" * 9)
@example("paid \u202e001\u202c to \u200b\U000e0041\x85 a 👩\u200d💻")
def test_the_raw_record_shows_each_character_and_means_the_same(said: str) -> None:
    row = sample.row(1, datetime(2026, 11, 23, tzinfo=UTC), description=said)
    shown = raw_json(pl.DataFrame([row], schema=dict(SCHEMA), orient="row"))
    assert orjson.loads(shown)["description"] == said
    assert visible(shown.replace("\n", "")) == shown.replace("\n", "")
