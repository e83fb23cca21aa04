"""The record: PostgreSQL. Connects, migrates, appends, reads ranges; the only folder that knows the driver.

from dashboard import record
from dashboard.events.event import AuditEvent

record.append([AuditEvent(occurred_at=datetime.now(UTC), category="Auth", action="Logged In", actor="elif.kaya")])
"""

from collections.abc import Sequence

from dashboard.config import Settings, from_environment
from dashboard.errors import UsageError
from dashboard.events.event import AuditEvent
from dashboard.record.append import BATCH_BYTES, BATCH_EVENTS, Appended, Appender, in_batches
from dashboard.record.connect import external_urls
from dashboard.record.embedded import serving

__all__ = ["BATCH_BYTES", "BATCH_EVENTS", "Appended", "Appender", "append", "in_batches"]


def append(events: Sequence[AuditEvent], settings: Settings | None = None) -> Appended:
    """Appends events to the record that the settings (default: the environment) name; all of them or none.

    Uses the embedded database when no other is set, starting it for the time when it is not up; the log must exist
    (`auditlens migrate`, or any first command). A repeat is a duplicate, a contradiction a conflict. For many small
    appends hold an `Appender`.
    """
    chosen = settings or from_environment()
    urls = external_urls(chosen)
    if urls is not None:
        with Appender(urls.of("writer")) as appender:
            return appender.append(events)
    if not (chosen.home / "pg").is_dir():
        raise UsageError(f"There is no log in {chosen.home} yet.", "Make it with `auditlens migrate`.")
    with serving(chosen.home) as endpoint, Appender(endpoint.url("auditlens_writer")) as appender:
        return appender.append(events)
