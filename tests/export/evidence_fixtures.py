"""Logs, zips and proofs for the tests of evidence."""

import hashlib
import io
import json
import secrets
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from dashboard.config import Settings
from dashboard.events.event import AuditEvent
from dashboard.events.filter import EventFilter
from dashboard.export import check
from dashboard.export.evidence import write_evidence
from dashboard.keeping.log import Log
from dashboard.keeping.sealer import Sealer
from dashboard.record.connect import Urls
from tests.export.conftest import HOSTILE
from tests.log_fixtures import TestServer
from tests.record.test_append import login

Files = dict[str, bytes]


def events(start: int, stop: int) -> list[AuditEvent]:
    """Events of two actors in turn, some with every field and texts that break careless programs."""
    return [
        login(
            number,
            actor=("elif.kaya", "jonas.weber")[number % 2],
            description=HOSTILE[number % len(HOSTILE)].replace("\0", "")[:4000],
            source_ip=f"81.2.69.{number % 250}" if number % 3 else "2001:db8::1",
            reported_region="Istanbul" if number % 5 == 0 else None,
            details=json.dumps({"n": number, "_": {"leaf_index": 1}}) if number % 4 == 0 else None,
            original=b'a line,"_":of \xff bytes' if number % 7 == 0 else None,
            source_seq=number if number % 2 else None,
            native_id=f"n-{number}",
        )
        for number in range(start, stop)
    ]


def append(log: Log, start: int, stop: int) -> None:
    """Appends, seals and signs."""
    with log.appender() as appender, Sealer(log) as sealer:
        appender.append(events(start, stop))
        sealer.seal()


def key_of(log: Log) -> str:
    return log.sealer_folder().trusted().keys[-1].verifier.vkey


def zip_of(log: Log, wanted: EventFilter | None = None, **given: object) -> bytes:
    buffer = io.BytesIO()
    write_evidence(log, buffer, wanted or EventFilter(), **given)  # type: ignore[arg-type]
    return buffer.getvalue()


def opened(content: bytes) -> Files:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def packed(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def changed(content: bytes, name: str, change: Callable[[bytes], bytes], *, manifest: bool = False) -> bytes:
    """The zip with one file changed; with `manifest` the digests in the manifest fit what was changed."""
    files = opened(content)
    files[name] = change(files[name])
    return packed(consistent(files) if manifest else files)


def consistent(files: Files) -> Files:
    """The files with a manifest whose digests fit them."""
    told = json.loads(files["manifest.json"])
    told["files"] = {name: hashlib.sha256(raw).hexdigest() for name, raw in files.items() if name != "manifest.json"}
    return {**files, "manifest.json": json.dumps(told).encode()}


def rows_changed(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[bytes], bytes]:
    """A change of the lines of events.ndjson."""
    return lambda content: b"".join(change(content.splitlines(keepends=True)))


def saved(folder: Path, content: bytes | str, name: str = "evidence.zip") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def checked(folder: Path, content: bytes | str, key: str = "", older: str | None = None) -> check.Report:
    return check.check(saved(folder, content), check.read_keys(key), older)


@contextmanager
def fresh_log(server: TestServer, home: Path) -> Iterator[Log]:
    """An empty log for many tests that only look at what is made of it."""
    name = f"test_{secrets.token_hex(6)}"
    server.clone(name)
    parts = {part: server.url(f"auditlens_{part}", name) for part in ("writer", "reader", "sealer", "redactor")}
    try:
        with psycopg.connect(parts["reader"]) as connection:
            row = connection.execute("select log_id::text from log").fetchone()
        assert row is not None
        settings = Settings(home=home, archive=str(home / "archive"))
        yield Log(settings=settings, urls=Urls(**parts), log_id=row[0], demo=False, embedded=True)
    finally:
        server.execute(f"drop database {name} with (force)")
