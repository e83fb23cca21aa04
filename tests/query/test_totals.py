"""Ten thousand totals of random filters, each counted by hand: what is shown as a number is that number."""

import random
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

import polars as pl

from dashboard.archive.snapshot import Snapshot
from dashboard.events.columns import SCHEMA
from dashboard.events.filter import FIELD_COLUMNS, EventFilter, as_text
from dashboard.query import views
from dashboard.query.polars_engine import PolarsEngine
from dashboard.query.sort import NEWEST_FIRST
from tests.query.conftest import NOW

FILTERS = 780
VALUES: dict[str, tuple[str | None, ...]] = {
    "category": ("Auth", "Repo", "User"),
    "action": ("Login Failed", "Logged In"),
    "outcome": ("success", "failure"),
    "actor": ("ayse", "(none)", "\\x", "محمد", "👩‍💻", None),
    "region": ("Istanbul", "", None),
    "country": ("TR", None),
    "ip": ("10.0.0.1", "10.0.1.1", "2001:db8::1", None),
    "target": ("a", None),
    "source": ("app", "cron"),
    "clock": ("ahead", None),
}
FIELDS = tuple(VALUES)

Row = dict[str, object]


def rows(chance: random.Random, count: int = 60) -> list[Row]:
    def row(seq: int) -> Row:
        values = {FIELD_COLUMNS[field]: chance.choice(some) for field, some in VALUES.items()}
        moment = NOW - timedelta(minutes=chance.randrange(60 * 24 * 40))
        return dict.fromkeys(SCHEMA) | values | {"seq": seq, "id": seq, "occurred_at": moment, "recorded_at": moment}

    return [row(seq) for seq in range(count)]


def random_filter(chance: random.Random) -> EventFilter:
    """Up to three conditions, values that nobody has among them, so that many mean no event at all."""
    since = NOW - timedelta(minutes=chance.randrange(60 * 24 * 45)) if chance.random() < 0.4 else None
    until = (since or NOW) + timedelta(days=chance.randrange(1, 20)) if chance.random() < 0.3 else None
    values: dict[str, tuple[str, ...]] = {}
    for field in chance.sample(FIELDS, chance.randrange(4)):
        some = [*map(as_text, VALUES[field])]
        if field == "ip":
            some += ["10.0.0.0/8", "10.0.1.0/24", "2001:db8::/48", "8.8.8.8"]
        elif field not in ("outcome", "clock"):
            some.append("nobody has this")
        values[chance.choice((field, f"not_{field}"))] = tuple(chance.sample(some, chance.randrange(1, 3)))
    return EventFilter(since=since, until=until, **values)


def means(wanted: EventFilter, row: Row) -> bool:
    """Whether the filter means the event, said once more and differently."""
    moment = row["occurred_at"]
    assert isinstance(moment, datetime)
    if (wanted.since and moment < wanted.since) or (wanted.until and moment >= wanted.until):
        return False
    for name, texts in wanted.values().items():
        field = name.removeprefix("not_")
        value = row[FIELD_COLUMNS[field]]
        hit = any(_hits(field, value, text) for text in texts)
        if hit == name.startswith("not_"):
            return False
    return True


def _hits(field: str, value: object, text: str) -> bool:
    if field == "ip" and "/" in text:
        return value is not None and ip_address(str(value)) in ip_network(text)
    return as_text(None if value is None else str(value)) == text


def test_random_filters_totals_agree() -> None:
    chance = random.Random(5)
    log = rows(chance)
    engine = PolarsEngine(Snapshot(len(log), pl.DataFrame(log, schema=SCHEMA).lazy()), NOW)
    seen = empty = 0
    regions_without_a_name = 0
    for number in range(FILTERS):
        wanted = random_filter(chance)
        meant = [row for row in log if means(wanted, row)]
        failed = [row for row in meant if (row["category"], row["action"]) == ("Auth", "Login Failed")]
        by_region = views.failed_logins_by_region(engine, wanted)
        field = chance.choice(FIELDS)
        others = wanted.without(field).without(f"not_{field}")
        drawn, values = views.actions_over_time(engine, wanted), views.facets(engine, wanted, field)
        totals = {
            "count": (views.count(engine, wanted), len(meant)),
            "bars": (drawn["events"].sum(), len(meant)),
            "rows": (views.log_page(engine, wanted, NEWEST_FIRST, 0, 100).height, len(meant)),
            "failed logins": (by_region["events"].sum(), len(failed)),
            "without a region": (
                by_region.filter(pl.col("region").is_null())["events"].sum(),
                sum(row["region"] is None for row in failed),
            ),
            f"values of {field}": (
                values["events"].sum(),
                sum(means(others, row) for row in log),
            ),
        }
        for value, events in values.select("value", "events").iter_rows():
            totals[f"{value!r} of {field}"] = (
                events,
                sum(row[FIELD_COLUMNS[field]] == value and means(others, row) for row in log),
            )
        for category in VALUES["category"]:
            totals[f"bars of {category}"] = (
                drawn.filter(pl.col("category") == category)["events"].sum(),
                sum(row["category"] == category for row in meant),
            )
        for region in ("Istanbul", ""):
            totals[f"failed logins from “{region}”"] = (
                by_region.filter(pl.col("region") == region)["events"].sum(),
                sum(row["region"] == region for row in failed),
            )
        if number % 10 == 0:
            files = views.batches(engine, wanted, NEWEST_FIRST, ("seq",), 7)
            totals["file"] = (sum(frame.height for frame in files), len(meant))
        assert {name: shown for name, (shown, _) in totals.items()} == {
            name: counted for name, (_, counted) in totals.items()
        }, wanted.to_params()
        seen += len(totals)
        empty += not meant
        regions_without_a_name += totals["without a region"][1]
    assert seen > 10_000
    assert empty > 100
    assert regions_without_a_name > 100
