"""Events about the audit log itself: it keeps a record of what is done to it, in itself."""

import getpass
import json
from datetime import UTC, datetime

from dashboard.events.event import AuditEvent
from dashboard.events.vocabulary import ActorType, Outcome
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import catch_up

SOURCE, CATEGORY = "auditlens", "Integrity"


def record_own(log: Log, action: str, native_id: str, description: str, details: dict[str, object]) -> None:
    """Appends an event about the log, by the account that runs this command, and seals it."""
    try:
        actor = getpass.getuser()
    except (KeyError, OSError):  # a user id without a name
        actor = None
    event = AuditEvent(
        occurred_at=datetime.now(UTC),
        category=CATEGORY,
        action=action,
        outcome=Outcome.SUCCESS,
        actor=actor,
        actor_type=ActorType.ADMIN,
        description=description,
        source=SOURCE,
        native_id=native_id,
        details=json.dumps(details, sort_keys=True),
    )
    with log.appender() as appender:
        appender.append([event])
    catch_up(log)
