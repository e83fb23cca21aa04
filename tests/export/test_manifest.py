"""The manifest says what a file holds, and its name is safe anywhere."""

import json
import re
from datetime import UTC, datetime, timedelta, timezone

from dashboard.events.filter import EventFilter
from dashboard.export import Format, Manifest, Origin, file_name
from dashboard.query.sort import Sort

NOW = datetime(2026, 11, 23, 8, 11, 57, 123_456, tzinfo=UTC)


def test_a_name_says_the_time_in_utc_and_the_state() -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=3)))
    assert file_name(60_123, elsewhere, Format.CSV) == "audit-log_2026-11-23T081157Z_asof-60123.csv"
    assert all(re.fullmatch(r"[A-Za-z0-9._-]+", file_name(0, NOW, kind)) for kind in Format)


def test_a_manifest_says_filter_state_order_and_content() -> None:
    wanted = EventFilter(last="7d", actor=("=evil\n",))
    manifest = Manifest(
        file="x.csv", kind=Format.CSV, columns=("actor", "seq"), rows=3, size_bytes=99, sha256="00", notes=("a",),
        origin=Origin(log_id="log", as_of=7, exported_at=NOW, wanted=wanted, sort=Sort("actor")),
    )  # fmt: skip
    found = json.loads(manifest.to_json())
    assert found["as_of"] == 7
    assert found["log_id"] == "log"
    assert found["exported_at"] == "2026-11-23T08:11:57.123456Z"
    assert found["time_zone"] == "UTC"
    assert found["notes"] == ["a"]
    assert found["columns"] == ["actor", "seq"]
    assert (found["rows"], found["size_bytes"], found["sha256"]) == (3, 99, "00")
    assert Sort.parse(found["sort"]) == Sort("actor")
    assert "last 7 days" in found["filter"]["sentence"]
    pairs = [(name, value) for name, value in found["filter"]["params"]]
    assert EventFilter.from_params(pairs) == wanted.at(NOW)
