"""Settings, all from the environment (`AUDITLENS_…`); the README's table names every one."""

import os
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from dashboard.errors import UsageError

ENGINES = ("polars", "postgres")
"""What answers questions without a server of its own."""


def default_home() -> Path:
    """Where the record lives unless told: a public-parent folder for root, the user's data folder for everyone else."""
    if os.geteuid() == 0:
        return Path("/var/lib/auditlens")
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else Path.home() / ".local" / "share") / "auditlens"


class Settings(BaseSettings):
    """What an installation can set. URLs may hold passwords, so they are secrets: no `repr`, no log shows them."""

    model_config = SettingsConfigDict(env_prefix="AUDITLENS_", env_ignore_empty=True, extra="ignore", frozen=True)

    home: Path = Field(default_factory=default_home)  # embedded database, archive, GeoIP files, state
    archive: str = ""  # the Delta tables: a folder or an object store's URL; default HOME/archive
    database_url: SecretStr | None = None  # any PostgreSQL >= 15; without it the embedded one is used
    admin_url: SecretStr | None = None  # for `auditlens migrate` only
    writer_url: SecretStr | None = None  # one login for each part; default: database_url with that part's role
    reader_url: SecretStr | None = None
    sealer_url: SecretStr | None = None
    redactor_url: SecretStr | None = None
    ledger: Path | None = None  # the sealer's key and what it signed last; default HOME/ledger
    trusted_keys: Path | None = None  # verifier keys, where they don't lie in the sealer's folder
    anchors: SecretStr | None = None  # where copies of checkpoints go: URLs with blanks between them
    anchor_seconds: float = Field(default=60.0, ge=1)  # at most so often
    smtp_user: str = ""  # of `mailto:` sinks
    smtp_password: SecretStr | None = None
    webhook_secret: SecretStr | None = None  # signs what `webhook+https:` sinks get
    geoip_db: Path | None = None  # any GeoIP City database (.mmdb)
    maxmind_account_id: str = ""  # for `auditlens geo update --provider maxmind`
    maxmind_license_key: SecretStr | None = None
    engine: str = Field(default="polars", repr=False)  # polars | postgres | sc://host:port, perhaps with a token
    zone: str = ""  # the organisation's, such as Europe/Istanbul: readers may choose to see times in it
    memory_mb: int = Field(default=640, ge=16)  # decoded columns of the archive held in memory, in MiB
    mirror_rows: int = Field(default=100_000, ge=1)  # sealed rows that wait before they are mirrored ...
    mirror_seconds: float = Field(default=600.0, gt=0)  # ... or the longest time they wait
    archive_keep_hours: int = Field(default=1, ge=1)  # how long files that were compacted away stay for readers
    seal_seconds: float = Field(default=0.5, gt=0)  # how often the sealer looks
    verify_rows_per_second: int = Field(default=20_000, ge=1)  # how fast the background pass hashes rows again

    @field_validator("engine")
    @classmethod
    def _known_engine(cls, engine: str) -> str:
        if engine in ENGINES:
            return engine
        address = urlsplit(engine)
        if address.scheme != "sc" or not address.hostname or address.port == 0 or "@" in address.netloc:
            raise ValueError(f"there is no engine {engine[:64]!r}; name {', '.join(ENGINES)} or sc://host:port")
        return engine

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        try:
            return ZoneInfo(zone).key if zone else ""
        except (ValueError, OSError, ZoneInfoNotFoundError):
            raise ValueError(f"there is no time zone {zone[:64]!r}; name one such as Europe/Istanbul") from None

    @property
    def engine_name(self) -> str:
        """The engine less what may follow a Spark server's address: a token may be there."""
        return self.engine.partition(";")[0].rstrip("/")

    @property
    def ledger_folder(self) -> Path:
        return self.ledger or self.home / "ledger"

    @property
    def archive_location(self) -> str:
        return self.archive or str(self.home / "archive")


def from_environment() -> Settings:
    """The settings of the environment; one that is set to nothing counts as not set. Raises UsageError."""
    try:
        return Settings()
    except ValidationError as wrong:
        first = wrong.errors(include_url=False, include_input=False)[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        reason = first.get("ctx", {}).get("error", first["msg"])  # a validator's own words, if it is ours
        raise UsageError(f"AUDITLENS_{name}: {reason}.", "The README's table says what each setting takes.") from None
