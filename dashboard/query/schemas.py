"""What each view returns: the declared schema of its frame, also when it is empty, on each engine."""

from collections.abc import Mapping

import polars as pl

from dashboard.events.columns import SCHEMA, TIME

Schema = Mapping[str, pl.DataType | type[pl.DataType]]

_PAGE = (
    "seq", "id", "actor", "category", "action", "description", "source_ip", "region",
    "occurred_at", "recorded_at", "outcome", "actor_type", "clock", "erased",
)  # fmt: skip
_HISTORY = (
    "seq", "id", "occurred_at", "actor", "actor_type", "category", "action", "outcome", "description", "source_ip",
    "region", "user_agent", "source", "details", "erased",
)  # fmt: skip

SCHEMAS: Mapping[str, Schema] = {
    "log_page": {name: SCHEMA[name] for name in _PAGE},
    "wide_page": {name: SCHEMA[name] for name in (*_PAGE, "target", "country", "source")},
    "events": dict(SCHEMA),
    "count": {"events": pl.Int64},
    "time_range": {"oldest": TIME, "newest": TIME},
    "actions_over_time": {"bucket": TIME, "category": pl.String, "events": pl.Int64},
    "sources_over_time": {"bucket": TIME, "source": pl.String, "events": pl.Int64},
    "failed_logins_by_region": {"region": pl.String, "events": pl.Int64},
    "totals_over_time": {
        "bucket": TIME, "events": pl.Int64, "failures": pl.Int64, "failed_logins": pl.Int64, "actors": pl.Int64,
    },
    "actors_over_time": {"bucket": TIME, "actor": pl.String, "events": pl.Int64, "as_admin": pl.Int64},
    "addresses_over_time": {"bucket": TIME, "source_ip": pl.String, "events": pl.Int64},
    "places_over_time": {
        "bucket": TIME, "region": pl.String, "country": pl.String, "events": pl.Int64, "actors": pl.Int64,
    },
    "countries_of_actors": {
        "actor": pl.String, "country": pl.String, "events": pl.Int64, "first_at": TIME, "last_at": TIME,
    },
    "actions_by_actor": {
        "actor": pl.String, "action": pl.String, "events": pl.Int64, "targets": pl.Int64, "first_at": TIME,
        "last_at": TIME,
    },
    "target_history": {name: SCHEMA[name] for name in _HISTORY},
    "actors": {**dict.fromkeys(("actor", "actor_type", "erased"), pl.String), "events": pl.Int64, "newest": TIME},
    "facets": {"field": pl.String, "value": pl.String, "events": pl.Int64, "distinct_values": pl.Int64},
}  # fmt: skip

ROW_VIEWS = ("log_page", "wide_page", "events", "target_history")
"""Views whose rows are events: they are sorted, cut and streamed by the engine."""
