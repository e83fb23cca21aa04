"""Links from numbers to their events."""

from datetime import UTC, datetime, timedelta

from dashboard.events.filter import EventFilter
from dashboard.web.log_links import picked

MONDAY, MINUTE = datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 23, 8, 11, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_clicked_bucket_means_its_events_within_the_wanted_times() -> None:
    week = EventFilter(since=MONDAY, until=MINUTE)

    def clicked(moment: datetime) -> EventFilter | None:
        return picked({"hour": [{"start": moment.timestamp() * 1000}]}, "hour", week, HOUR)

    assert clicked(MONDAY) == week.with_window(MONDAY, MONDAY + HOUR)
    assert clicked(MONDAY + 8 * HOUR) == week.with_window(MONDAY + 8 * HOUR, MINUTE)
    assert clicked(MONDAY - HOUR) is None
    assert clicked(MONDAY + 9 * HOUR) is None
    assert picked({"hour": []}, "hour", week, HOUR) is None
