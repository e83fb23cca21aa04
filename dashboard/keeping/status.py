"""How a log stands, in one mapping: what `auditlens status --json` prints."""

from base64 import b64encode

from dashboard.events.regions import Regions, find_database
from dashboard.keeping.log import Log
from dashboard.record.connect import shown


def status_of(log: Log) -> dict[str, object]:
    """Where the log is, its counts, and what its regions come from. No password is in it.

    `events` are recorded, `sealed` have their place, `waiting` don't yet, `mirrored` are in the archive, `retired` are
    there alone. Counts the record: seconds on a large one. `root` is the newest seal's root hash in base64,
    `checkpoint` the newest signed head.
    """
    reader = log.reader()
    try:
        sealed = reader.tree_size()
        waiting, _ = reader.waiting()
        events, conflicts = reader.counts()
        retired = sum(month.rows for month in reader.retired())
        root = reader.root()
        checkpoint = reader.checkpoint()
    finally:
        reader.close()
    table = log.events_table()
    table.refresh()
    with Regions.open(find_database(log.settings)) as regions:
        geo = {
            "name": regions.name or None,
            "date": str(regions.date) if regions.date else None,
            "problem": regions.problem,
        }
    return {
        "home": str(log.settings.home),
        "database": shown(log.urls.reader or log.urls.writer),
        "log_id": log.log_id,
        "demo": log.demo,
        "events": events + retired,
        "retired": retired,
        "waiting": waiting,
        "sealed": sealed,
        "mirrored": table.watermark,
        "conflicts": conflicts,
        "as_of": sealed,
        "root": b64encode(root).decode() if root else None,
        "checkpoint": checkpoint,
        "archive": log.settings.archive_location,
        "geo": geo,
        "engine": log.settings.engine_name,
    }
