"""The archive: an append-only columnar copy of what is sealed, and with the record's tail the relation `events`."""

from dashboard.archive.reader import EventsReader, Waiting
from dashboard.archive.snapshot import Snapshot
from dashboard.archive.table import ArchiveTable

__all__ = ["ArchiveTable", "EventsReader", "Snapshot", "Waiting"]
