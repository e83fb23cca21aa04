"""Which files under a log's home hold a text."""

import time
from pathlib import Path

import polars as pl

from dashboard.keeping.log import Log


def files_with(log: Log, *texts: str) -> set[str]:
    """The files under the home, Parquet unpacked, that hold one of the texts in an encoding that we write."""
    forms = [form for text in texts for form in (text.encode(), text.encode("utf-16-le"), ascii(text)[1:-1].encode())]
    forms += [text.upper().encode() for text in texts]
    found = set()
    for path in Path(log.settings.home).rglob("*"):
        if path.is_file() and path.name != "postgres":
            content = path.read_bytes()
            if path.suffix == ".parquet":
                frame = pl.read_parquet(path)
                content += repr(frame.rows()).encode() + b"".join(
                    value or b"" for name in frame.columns if frame[name].dtype == pl.Binary for value in frame[name]
                )
            if any(form in content for form in forms):
                found.add(path.relative_to(log.settings.home).parts[0])
    return found


def soon_without(log: Log, *texts: str) -> set[str]:
    """The same, once PostgreSQL has taken away the files that it let go of, which may be late on a busy machine."""
    until = time.monotonic() + 60
    while (found := files_with(log, *texts)) and time.monotonic() < until:
        time.sleep(1)
    return found
