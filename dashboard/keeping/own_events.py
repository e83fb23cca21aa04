"""Events about the audit log itself: it keeps a record of what is done to it, in itself."""

import getpass
import json
from datetime import UTC, datetime

from dashboard.events.event import AuditEvent
from dashboard.events.vocabulary import ActorType
from dashboard.events.vocabulary import Outcome as EventOutcome
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer, catch_up
from dashboard.ledger.seal import Outcome

SOURCE, CATEGORY = "auditlens", "Integrity"


def operator_name() -> str | None:
    """The account that runs this command; None for a user id without a name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None


def record_own(log: Log, action: str, native_id: str, description: str, details: dict[str, object]) -> None:
    """Appends an event about the log, by the account that runs this command, and seals it."""
    _append(log, action, native_id, description, details)
    catch_up(log)


def rebase(log: Log) -> Outcome:
    """Goes on after a restore into another server: seals every event that has no place, found by comparing all of
    them. That the log moved is put on record, so that there is always something to seal and the new server is known.
    """
    with Sealer(log) as sealer:
        moved = sealer.moved()
        if moved is not None:
            now = datetime.now(UTC)
            details: dict[str, object] = {
                "root": moved.root.hex() if moved.root else None,
                "tree_size": moved.tree_size,
            }
            what = "The log was restored into another database server"
            _append(log, "Log Moved", f"moved:{moved.tree_size}:{now.isoformat()}", what, details)
        return sealer.rebase()


def _append(log: Log, action: str, native_id: str, description: str, details: dict[str, object]) -> None:
    event = AuditEvent(
        occurred_at=datetime.now(UTC),
        category=CATEGORY,
        action=action,
        outcome=EventOutcome.SUCCESS,
        actor=operator_name(),
        actor_type=ActorType.ADMIN,
        description=description,
        source=SOURCE,
        native_id=native_id,
        details=json.dumps(details, sort_keys=True),
    )
    with log.appender() as appender:
        appender.append([event])
