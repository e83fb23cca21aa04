"""Fetch a current City database, look something up in it, and only then put it in the place of the old one."""

import gzip
import io
import os
import shutil
import tarfile
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import IO

import httpx

from dashboard.config import Settings
from dashboard.errors import UnreachableError, UsageError
from dashboard.events.regions import NOWHERE, Regions, database_folder
from dashboard.record.home import prepare_home

MIB = 1024 * 1024
LARGEST_DOWNLOAD_BYTES = 512 * MIB  # DB-IP City Lite is about 60 MiB packed, GeoLite2 City about 35
LARGEST_DATABASE_BYTES = 2048 * MIB
LONGEST_DOWNLOAD_S = 1800.0
PROBES = (
    "8.8.8.8",
    "1.1.1.1",
    "9.9.9.9",
    "193.0.6.139",
    "2001:4860:4860::8888",
)  # public services that stay where they are

Progress = Callable[[int, int | None], None]
"""Told the bytes that arrived, and the bytes that will if the server says so."""


class Provider(StrEnum):
    """Who makes the database."""

    DBIP = "dbip"
    MAXMIND = "maxmind"


SERVERS = {Provider.DBIP: "https://download.db-ip.com", Provider.MAXMIND: "https://download.maxmind.com"}
_FILES = {Provider.DBIP: "dbip-city-lite.mmdb", Provider.MAXMIND: "GeoLite2-City.mmdb"}
_NOT_OUT_YET = (403, 404, 410)


@dataclass(frozen=True, slots=True)
class Fetched:
    """A database that is now in use."""

    path: Path
    name: str
    date: date


class _MissingError(UnreachableError):
    """The server has no such file."""


def update(
    settings: Settings,
    provider: Provider = Provider.DBIP,
    *,
    server: str | None = None,
    today: date | None = None,
    progress: Progress = lambda arrived, total: None,
) -> Fetched:
    """Fetches the provider's database of this month into HOME/geo and swaps it in by one rename.

    DB-IP's of last month when this month's is not out yet. The old file stays, and stays in use, on any failure:
    UsageError without the provider's credentials or when it refuses them; UnreachableError when it does not answer,
    sends too much, or sends something that is no City database. `server` is another one with the same paths.
    """
    base = (server or SERVERS[provider]).rstrip("/")
    auth = _credentials(settings) if provider is Provider.MAXMIND else None
    paths = _paths(provider, today or datetime.now(UTC).date())
    try:
        folder = _prepared(settings)
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder) as scratch:
            packed, database = Path(scratch, "packed"), Path(scratch, "city.mmdb")
            _download_first([base + path for path in paths], packed, auth, progress)
            _unpack(packed, database, provider)
            name, built = _checked(database)
            target = folder / _FILES[provider]
            _swap(database, target)
    except OSError as wrong:
        raise UnreachableError(
            f"The database can't be written to {database_folder(settings)}: {wrong.strerror}."
        ) from wrong
    return Fetched(target, name, built)


def _credentials(settings: Settings) -> httpx.BasicAuth:
    if not settings.maxmind_account_id or settings.maxmind_license_key is None:
        raise UsageError(
            "MaxMind asks for an account.",
            "Set AUDITLENS_MAXMIND_ACCOUNT_ID and AUDITLENS_MAXMIND_LICENSE_KEY, or fetch DB-IP's, which is free.",
        )
    return httpx.BasicAuth(settings.maxmind_account_id, settings.maxmind_license_key.get_secret_value())


def _paths(provider: Provider, today: date) -> list[str]:
    """What to ask for, best first."""
    if provider is Provider.MAXMIND:
        return ["/geoip/databases/GeoLite2-City/download?suffix=tar.gz"]
    last_month = today.replace(day=1) - timedelta(days=1)
    return [f"/free/dbip-city-lite-{month:%Y-%m}.mmdb.gz" for month in (today, last_month)]


def _prepared(settings: Settings) -> Path:
    if not settings.home.exists():
        prepare_home(settings.home)
    folder = database_folder(settings)
    folder.mkdir(mode=0o755, exist_ok=True)
    return folder


def _download_first(urls: list[str], target: Path, auth: httpx.Auth | None, progress: Progress) -> None:
    timeout = httpx.Timeout(60.0, connect=15.0)
    with httpx.Client(timeout=timeout, follow_redirects=True, headers={"accept-encoding": "identity"}) as client:
        for url in urls[:-1]:
            try:
                return _download(client, url, target, auth, progress)
            except _MissingError:  # not out yet: the next one is older
                continue
        return _download(client, urls[-1], target, auth, progress)


def _download(client: httpx.Client, url: str, target: Path, auth: httpx.Auth | None, progress: Progress) -> None:
    """Errors name the host alone: what follows it may be a signed address."""
    host = "The server"
    try:
        host = httpx.URL(url).host
        with client.stream("GET", url, auth=auth or httpx.USE_CLIENT_DEFAULT) as response:
            _refuse_downgrade(url, response)
            _refuse_status(host, response)
            with target.open("wb") as file:
                for piece in _pieces(host, response, progress):
                    file.write(piece)
    except (httpx.HTTPError, httpx.InvalidURL) as wrong:
        raise UnreachableError(
            f"{host} does not answer ({type(wrong).__name__}); the database in use stays.",
            "Fetch a City database by other means and name it in AUDITLENS_GEOIP_DB.",
        ) from wrong


def _refuse_downgrade(url: str, response: httpx.Response) -> None:
    if url.startswith("https:") and response.url.scheme != "https":
        raise UnreachableError(f"{httpx.URL(url).host} sent us on to an address without encryption.")


def _refuse_status(host: str, response: httpx.Response) -> None:
    status = response.status_code
    if status == httpx.codes.OK:
        return
    sent_credentials = "authorization" in (response.history[0] if response.history else response).request.headers
    if sent_credentials and status in (401, 403):
        raise UsageError(
            f"{host} refuses the account id or the licence key.",
            "Check AUDITLENS_MAXMIND_ACCOUNT_ID and AUDITLENS_MAXMIND_LICENSE_KEY; the database in use stays.",
        )
    if status in _NOT_OUT_YET:
        raise _MissingError(f"{host} has no such database ({status}); the database in use stays.")
    raise UnreachableError(f"{host} answers {status}; the database in use stays.", "Try again later.")


def _pieces(host: str, response: httpx.Response, progress: Progress) -> Iterator[bytes]:
    announced = response.headers.get("content-length", "")
    total = int(announced) if announced.isascii() and announced.isdigit() else None
    arrived, ends_at = 0, time.monotonic() + LONGEST_DOWNLOAD_S
    for piece in response.iter_raw(MIB):
        arrived += len(piece)
        if arrived > LARGEST_DOWNLOAD_BYTES:
            limit = f"{LARGEST_DOWNLOAD_BYTES // MIB} MiB"
            raise UnreachableError(f"{host} sends more than {limit}; the database in use stays.")
        if time.monotonic() > ends_at:
            raise UnreachableError(f"{host} sends too slowly; the database in use stays.", "Try again later.")
        progress(arrived, total)
        yield piece


class _Bounded(io.RawIOBase):
    """Reads from `inner` and refuses to read more than `limit` bytes: a small file may unpack to a huge one."""

    def __init__(self, inner: gzip.GzipFile, limit: int) -> None:
        self._inner, self._left = inner, limit

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # every caller gives a memoryview
        piece = self._inner.read(len(buffer))
        self._left -= len(piece)
        if self._left < 0:
            raise UnreachableError(
                f"The file unpacks to more than {LARGEST_DATABASE_BYTES // MIB} MiB; the database in use stays."
            )
        buffer[: len(piece)] = piece
        return len(piece)


def _unpack(packed: Path, target: Path, provider: Provider) -> None:
    try:
        with gzip.open(packed) as inner, _Bounded(inner, LARGEST_DATABASE_BYTES) as plain, target.open("wb") as file:
            shutil.copyfileobj(plain if provider is Provider.DBIP else _member(plain), file, MIB)
            file.flush()
            os.fsync(file.fileno())
    except (EOFError, zlib.error, gzip.BadGzipFile, tarfile.TarError) as wrong:
        raise UnreachableError(
            "What was sent can't be unpacked; the database in use stays.", "Try again later."
        ) from wrong


def _member(plain: _Bounded) -> IO[bytes]:
    """The one database in a tar file; nothing else in it is written anywhere, and no name in it is used."""
    archive = tarfile.open(fileobj=plain, mode="r|")  # noqa: SIM115 - lives as long as the member that is read
    for member in archive:
        opened = archive.extractfile(member) if member.isfile() and member.name.endswith(".mmdb") else None
        if opened is not None:
            return opened
    raise UnreachableError("What was sent holds no database; the database in use stays.")


def _checked(database: Path) -> tuple[str, date]:
    """Opens the new file and looks something up; whatever is wrong with it is an error here, never a crash."""
    with Regions.open(database, careful=True) as regions:
        found = regions.places(PROBES)
        if regions.problem is None and regions.date is not None and set(found.values()) != {NOWHERE}:
            return regions.name, regions.date
    raise UnreachableError(
        "What was sent is not a City database that answers; the database in use stays.",
        "Try again later, or with the other provider.",
    )


def _swap(database: Path, target: Path) -> None:
    """Whoever has the old file open keeps reading it; nobody ever sees half of the new one."""
    database.chmod(0o644)
    database.replace(target)
