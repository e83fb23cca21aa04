"""Events about the audit log itself: it keeps a record of what is done to it, in itself."""

import getpass
import json
from datetime import UTC, datetime

from dashboard.events.event import AuditEvent
from dashboard.events.vocabulary import ActorType, Outcome
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import catch_up

SOURCE, CATEGORY = "auditlens", "Integrity"


def operator_name() -> str | None:
    """The account that runs this command; None for a user id without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None


def record_own(log: Log, action: str, native_id: str, description: str, details: dict[str, object]) -> None:
    """Appends an event about the log, by the account that runs this command, and seals it."""
    event = AuditEvent(
        occurred_at=datetime.now(UTC),
        category=CATEGORY,
        action=action,
        outcome=Outcome.SUCCESS,
        actor=operator_name(),
        actor_type=ActorType.ADMIN,
        description=description,
        source=SOURCE,
        native_id=native_id,
        details=json.dumps(details, sort_keys=True),
    )
    with log.appender() as appender:
        appender.append([event])
    catch_up(log)
