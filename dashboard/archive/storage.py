"""Where the archive's files lie: a folder, or a bucket with any S3 (`s3://bucket/prefix`).

Login, region and endpoint of a bucket are the usual AWS_* of the environment; what is not there is found as the
libraries find it (a profile, the machine's role). No message, no repr holds any of it.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from dashboard.errors import UsageError

if TYPE_CHECKING:
    from pyarrow.fs import FileSystem

_PASSED_ON = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
_OF_COMMITS = {
    "aws_conditional_put": "etag",  # S3's own: no lock server is needed
    "connect_timeout": "5s",
    "timeout": "60s",
    "max_retries": "4",
    "retry_timeout": "30s",
}
_TRUE = ("1", "true", "yes", "on")


@dataclass(frozen=True, slots=True)
class Storage:
    """A folder or a prefix of a bucket. `options` are what a reader of files takes as `storage_options`."""

    uri: str
    options: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def at(cls, uri: str, environment: Mapping[str, str] = os.environ) -> "Storage":
        """The place an address names. Raises UsageError for one that is no folder and no bucket."""
        scheme = urlsplit(uri).scheme
        if not scheme:
            return cls(uri.rstrip("/"))
        parts = urlsplit(uri)
        if scheme != "s3" or not parts.netloc or "@" in parts.netloc or parts.query or parts.fragment:
            raise UsageError(
                "AUDITLENS_ARCHIVE must be a folder or s3://bucket/prefix.",
                "The login of a bucket goes into AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
            )
        return cls(uri.rstrip("/"), _options(environment))

    @property
    def is_remote(self) -> bool:
        return bool(urlsplit(self.uri).scheme)

    @property
    def log_options(self) -> dict[str, str] | None:
        """What deltalake takes, so that of two who commit one version one is refused, and silence is soon said."""
        return {**self.options, **_OF_COMMITS} if self.is_remote else None

    def under(self, name: str) -> "Storage":
        return Storage(f"{self.uri}/{name}", self.options)

    def file(self, name: str) -> str:
        """The address of a file, as readers take it."""
        return f"{self.uri}/{name}"

    def make(self) -> None:
        """Makes the folder; a bucket has none."""
        if not self.is_remote:
            Path(self.uri).mkdir(parents=True, exist_ok=True)

    def lacking(self, files: list[str]) -> list[str]:
        """The files that are known to be gone. A bucket is not asked: reading says it."""
        return [] if self.is_remote else [file for file in files if not Path(file).exists()]

    def put(self, name: str, content: memoryview) -> None:
        """Writes one new file; it is on the disk, or in the bucket, when this returns."""
        if self.is_remote:
            with self._bucket().open_output_stream(self.file(name).removeprefix("s3://")) as file:
                file.write(content)
            return
        with Path(self.file(name)).open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    def drop(self, name: str) -> None:
        """Deletes a file that no version names; one that is not there is no matter."""
        if self.is_remote:
            self._bucket().delete_file(self.file(name).removeprefix("s3://"))
        else:
            Path(self.file(name)).unlink(missing_ok=True)

    def _bucket(self) -> "FileSystem":
        """The bucket as a file system that lets other threads run while it sends: deltalake's own does not."""
        from pyarrow.fs import S3FileSystem  # noqa: PLC0415  # a large library: who keeps a folder never loads it

        named = {
            "access_key": "AWS_ACCESS_KEY_ID",
            "secret_key": "AWS_SECRET_ACCESS_KEY",
            "session_token": "AWS_SESSION_TOKEN",
            "region": "AWS_REGION",
            "endpoint_override": "AWS_ENDPOINT_URL",
        }
        given = {argument: self.options[name] for argument, name in named.items() if name in self.options}
        return S3FileSystem(**given, connect_timeout=5, request_timeout=60)


def _options(environment: Mapping[str, str]) -> dict[str, str]:
    found = {name: environment[name] for name in _PASSED_ON if environment.get(name)}
    if region := environment.get("AWS_REGION") or environment.get("AWS_DEFAULT_REGION"):
        found["AWS_REGION"] = region
    if endpoint := environment.get("AWS_ENDPOINT_URL_S3") or environment.get("AWS_ENDPOINT_URL"):
        found["AWS_ENDPOINT_URL"] = endpoint
        found.setdefault("AWS_REGION", "us-east-1")  # a server of one's own has no regions, but signatures name one
        if urlsplit(endpoint).scheme != "https":
            if environment.get("AWS_ALLOW_HTTP", "").lower() not in _TRUE:
                raise UsageError(
                    "The archive's endpoint is not https: everybody on the way could read and change the archive.",
                    "Set AWS_ALLOW_HTTP=true if that is meant.",
                )
            found["AWS_ALLOW_HTTP"] = "true"
    return found
