"""A sink that is an S3 bucket with object lock: for so many days nobody can delete or change what lies there, its
owner and this machine's administrator included (compliance mode).

Credentials come as boto3 finds them: AWS_ACCESS_KEY_ID, a profile, a role. They need s3:PutObject,
s3:PutObjectRetention, s3:GetObject, s3:GetObjectRetention; and to give copies back s3:ListBucketVersions and
s3:GetObjectVersion.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Self
from urllib.parse import unquote, urlsplit

from dashboard.errors import UsageError
from dashboard.ledger.sinks import layout
from dashboard.ledger.sinks.address import Address
from dashboard.ledger.sinks.sending import LARGEST_NOTE_BYTES, TIMEOUT_S, Receipt, Sending, failed

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

FORM = (
    "s3://bucket/prefix?lock_days=365&endpoint=https://…&region=…&tiles=1 "
    "(lock_days=0: a bucket without object lock; the others are optional)"
)
OPTIONS = frozenset({"lock_days", "endpoint", "region", "tiles", "every"})
_LARGEST_BYTES = max(LARGEST_NOTE_BYTES, 8192)
_HINT = "Does the bucket have object lock, and the login s3:GetObjectRetention? lock_days=0 goes without."


@dataclass(frozen=True)  # no slots: the client is made once, when it is first needed
class BucketSink:
    """A bucket, or a prefix in one."""

    bucket: str
    prefix: str  # empty, or with a slash at its end
    lock_days: float
    endpoint: str = ""
    region: str | None = None
    tiles: bool = False
    every_s: float | None = None
    kind: str = "s3"

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raises ValueError; UsageError without the library."""
        address = Address.parse(url, OPTIONS)
        lock_days = address.number("lock_days", 0)
        if not address.host or address.user or address.password or address.has_port or address.fragment:
            raise ValueError("it names no bucket, or holds a login: that goes into AWS_ACCESS_KEY_ID and its like")
        if lock_days is None:
            raise ValueError("lock_days is missing")
        endpoint = address.options.get("endpoint", "")
        parts = urlsplit(endpoint or "https://-")
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc or parts.query:
            raise ValueError("endpoint is https://host:port, without a login")
        try:
            import boto3  # noqa: F401, PLC0415
        except ImportError:
            raise UsageError(
                "S3 needs the package boto3, which is not installed.", "Install auditlens[anchors]."
            ) from None
        prefix = f"{unquote(address.path).strip('/')}/".lstrip("/")
        region = address.options.get("region")
        return cls(address.host, prefix, lock_days, endpoint, region, address.flag("tiles"), address.number("every", 1))

    @property
    def name(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/") + self._at

    @property
    def place(self) -> str:
        return f"bucket {self.bucket}{self._at}"

    @property
    def _at(self) -> str:
        return f" at {urlsplit(self.endpoint).netloc}" if self.endpoint else ""

    def publish(self, sending: Sending) -> Receipt:
        """Adds the object of a checkpoint and makes sure that it is locked; one that is there is left as it is."""
        before = sending.last.get("path")
        with self._errors():
            if isinstance(before, str):  # a bucket has no file that says which is the newest
                newest = self.read(before)
                if newest is None:
                    raise failed(self.name, "what was put there before is gone")
                layout.check_newest(self.name, sending, newest, self.read if self.tiles else None)
            receipt = self._standing(layout.keep_checkpoint(self.name, sending, self._add))
            if self.tiles:
                receipt["tiles"] = layout.keep_tiles(self.name, sending, self._add)
        return receipt

    def _add(self, path: str, content: bytes) -> bytes | None:
        """Makes an object unless one has this name. Gives what is there when that is something else."""
        from botocore.exceptions import ClientError  # noqa: PLC0415

        bucket, key, client = self.bucket, self.prefix + path, self._client
        try:
            if self.lock_days:
                until = datetime.now(UTC) + timedelta(days=self.lock_days)
                client.put_object(
                    Bucket=bucket, Key=key, Body=content, IfNoneMatch="*", ChecksumAlgorithm="SHA256",
                    ObjectLockMode="COMPLIANCE", ObjectLockRetainUntilDate=until,
                )  # fmt: skip
            else:
                client.put_object(Bucket=bucket, Key=key, Body=content, IfNoneMatch="*", ChecksumAlgorithm="SHA256")
        except ClientError as wrong:
            if wrong.response.get("Error", {}).get("Code") != "PreconditionFailed":
                raise
            found = self._get(path)
            return None if found == content else found
        return None

    def _standing(self, path: str) -> Receipt:
        """How an object stands there. Raises UnreachableError when it is not locked as it should be."""
        head: Mapping[str, object] = self._client.head_object(Bucket=self.bucket, Key=self.prefix + path)
        mode, until = head.get("ObjectLockMode"), head.get("ObjectLockRetainUntilDate")
        locked = mode == "COMPLIANCE" and isinstance(until, datetime) and until > datetime.now(UTC)
        if self.lock_days and not locked:
            raise failed(self.name, "the checkpoint was stored, but the bucket does not say that it is locked", _HINT)
        receipt: Receipt = {"path": path, "version": head.get("VersionId")}
        return receipt | ({"locked_until": until.isoformat()} if isinstance(until, datetime) else {})

    def _get(self, path: str, version: str | None = None) -> bytes:
        bucket, key, client = self.bucket, self.prefix + path, self._client
        if version:
            found = client.get_object(Bucket=bucket, Key=key, VersionId=version)
        else:
            found = client.get_object(Bucket=bucket, Key=key)
        return found["Body"].read(_LARGEST_BYTES)

    def copies(self) -> Iterator[str]:
        """Every version of each checkpoint's object: a delete or a put later hides an older version, and no more."""
        with self._errors():
            listing = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=self.prefix, Delimiter="/"
            )
            below = [str(part.get("Prefix")) for page in listing for part in page.get("CommonPrefixes", [])]
            later = [folder for folder in below if folder.removeprefix(self.prefix).rstrip("/").isdigit()]
            found = [one for base in (self.prefix, *later) for one in self._versions(f"{base}checkpoints/")]
            for key, version in sorted(found, key=lambda one: layout.size_in_path(one[0]), reverse=True):
                yield self._get(key.removeprefix(self.prefix), version).decode("utf-8", "replace")

    def _versions(self, prefix: str) -> Iterator[tuple[str, str]]:
        for page in self._client.get_paginator("list_object_versions").paginate(Bucket=self.bucket, Prefix=prefix):
            for version in page.get("Versions", []):
                yield version.get("Key", ""), version.get("VersionId", "")

    def read(self, path: str) -> bytes | None:
        """An object there, such as a tile for `layout.tiles_of`. Raises UnreachableError."""
        from botocore.exceptions import ClientError  # noqa: PLC0415

        with self._errors():
            try:
                return self._get(path)
            except ClientError as wrong:
                if wrong.response.get("Error", {}).get("Code") == "NoSuchKey":
                    return None
                raise

    @cached_property
    def _client(self) -> "S3Client":
        import boto3  # noqa: PLC0415
        from botocore.config import Config  # noqa: PLC0415

        config = Config(
            connect_timeout=TIMEOUT_S / 2,
            read_timeout=TIMEOUT_S,
            retries={"total_max_attempts": 2, "mode": "standard"},
            s3={"addressing_style": "path" if self.endpoint else "auto"},
        )
        session = boto3.session.Session(region_name=self.region)
        return session.client("s3", endpoint_url=self.endpoint or None, config=config)

    @contextmanager
    def _errors(self) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            yield
        except ClientError as wrong:
            error = wrong.response.get("Error", {})
            raise failed(self.name, f"the store refuses: {error.get('Code')}: {error.get('Message')}") from wrong
        except (BotoCoreError, OSError, ValueError) as wrong:
            raise failed(self.name, f"the store can't be used: {wrong}") from wrong
