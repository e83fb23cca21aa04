"""One log, opened: its database, its archive, its identity. Every command and the server go through here."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from dashboard.archive import EventsReader
from dashboard.archive.table import ArchiveTable
from dashboard.config import Settings
from dashboard.errors import UsageError
from dashboard.keeping import mirror
from dashboard.ledger.keys import SealerFolder
from dashboard.record.append import Appender
from dashboard.record.connect import Urls, external_urls
from dashboard.record.embedded import Endpoint, serving
from dashboard.record.migrate import Migrated, create_database, migrate
from dashboard.record.read import RecordReader
from dashboard.record.sealing import SealingRecord

DATABASE = "auditlens"


@dataclass(frozen=True, slots=True)
class Log:
    """An opened log. Its methods give connections that the caller closes."""

    settings: Settings
    urls: Urls
    log_id: str
    demo: bool
    embedded: bool

    def appender(self) -> Appender:
        """A writer's connection."""
        return Appender(self.urls.of("writer"))

    def reader(self) -> RecordReader:
        """A reader's pool."""
        return RecordReader(self.urls.of("reader"))

    def sealing(self) -> SealingRecord:
        """The sealer's connection."""
        return SealingRecord(self.urls.of("sealer"))

    def sealer_folder(self) -> SealerFolder:
        """Key, memory and trusted keys of the sealer; the folder need not exist."""
        return SealerFolder(self.settings.ledger_folder, self.log_id, self.settings.trusted_keys)

    def events(self) -> EventsReader:
        """The relation `events`, state by state."""
        return EventsReader(self.reader(), self.events_table(), self.settings.memory_mb << 20)

    def events_table(self) -> ArchiveTable:
        return mirror.events_table(self.settings.archive_location, self.log_id)

    def evidence_table(self) -> ArchiveTable:
        return mirror.evidence_table(self.settings.archive_location, self.log_id)


@contextmanager
def open_log(settings: Settings, *, demo: bool = False) -> Iterator[Log]:
    """Opens the log that the settings name, for the block.

    The embedded database is started when none is up, brought to this version's schema, and ended when nobody else uses
    it; another database must have been set up by `auditlens migrate`. With `demo` a log that is made now is a demo; an
    existing real one is refused.
    """
    urls = external_urls(settings)
    if urls is not None:
        with _checked(settings, urls, demo=demo, embedded=False) as log:
            yield log
        return
    with serving(settings.home) as endpoint:
        create_database(endpoint.url(endpoint.superuser, "postgres"), DATABASE)
        migrate(endpoint.url(endpoint.superuser), demo=demo)
        with _checked(settings, embedded_urls(endpoint), demo=demo, embedded=True) as log:
            yield log


def migrate_log(settings: Settings, *, demo: bool = False) -> Migrated:
    """Brings the log's database to this version's schema and says what that took; the first time it makes the log."""
    urls = external_urls(settings)
    if urls is not None:
        return migrate(urls.of("admin"), demo=demo)
    with serving(settings.home) as endpoint:
        create_database(endpoint.url(endpoint.superuser, "postgres"), DATABASE)
        return migrate(endpoint.url(endpoint.superuser), demo=demo)


def embedded_urls(endpoint: Endpoint) -> Urls:
    """Each part's login to the embedded server. The superuser's is not among them."""
    return Urls(**{part: endpoint.url(f"auditlens_{part}") for part in ("writer", "reader", "sealer", "redactor")})


@contextmanager
def _checked(settings: Settings, urls: Urls, *, demo: bool, embedded: bool) -> Iterator[Log]:
    reader = RecordReader(urls.reader or urls.writer or urls.sealer or urls.of("reader"))
    try:
        identity = reader.identity()
    finally:
        reader.close()
    if demo and not identity.demo:
        raise UsageError(
            "This is a real log, and a real log never holds a demo event.",
            "Name another AUDITLENS_HOME, or set up an empty database with `auditlens migrate --demo`.",
        )
    yield Log(settings=settings, urls=urls, log_id=identity.log_id, demo=identity.demo, embedded=embedded)
