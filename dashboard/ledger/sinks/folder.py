"""A sink that is a folder: another disk, a mount of another machine, a stick.

It is safe from whoever can't write there: for a mount of this machine that is not its administrator, unless the other
machine refuses to overwrite and delete.
"""

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import unquote

from dashboard.ledger.keys import replace_file
from dashboard.ledger.sinks import layout
from dashboard.ledger.sinks.address import Address
from dashboard.ledger.sinks.sending import LARGEST_NOTE_BYTES, Receipt, Sending, failed

FORM = "file:/absolute/folder?tiles=1 (tiles is optional; the folder must exist)"
OPTIONS = frozenset({"tiles", "every"})
_NEWEST = "checkpoint"


@dataclass(frozen=True, slots=True)
class FolderSink:
    """A folder that takes each checkpoint as a file, and on wish the tree's tiles."""

    folder: Path
    tiles: bool = False
    every_s: float | None = None
    kind: str = "file"

    @classmethod
    def parse(cls, url: str) -> Self:
        """Raises ValueError."""
        address = Address.parse(url, OPTIONS)
        folder = Path(unquote(address.path))
        if address.host or not folder.is_absolute() or address.fragment:
            raise ValueError("it is no absolute path")
        return cls(folder, address.flag("tiles"), address.number("every", 1))

    @property
    def name(self) -> str:
        return f"file:{self.folder}"

    @property
    def place(self) -> str:
        return str(self.folder)

    def publish(self, sending: Sending) -> Receipt:
        """Adds the file of a checkpoint; a file that is there is left as it is."""
        try:
            newest = self._read(layout.prefix_of(sending.checkpoint.origin) + _NEWEST)
            if not self.folder.is_dir() or (newest is None and sending.last_size):
                raise failed(
                    self.name,
                    "the folder does not exist" if not sending.last_size else "what was put there before is gone",
                    "Is it mounted? If it was emptied on purpose, make an empty file `checkpoint` in it.",
                )
            replace = layout.check_newest(self.name, sending, newest, self._read if self.tiles else None)
            receipt: Receipt = {"path": layout.keep_checkpoint(self.name, sending, self._add)}
            if self.tiles:
                receipt["tiles"] = layout.keep_tiles(self.name, sending, self._add, self._drop)
            if replace:
                replace_file(self.folder / layout.prefix_of(sending.checkpoint.origin) / _NEWEST, sending.note, 0o644)
        except OSError as wrong:
            raise failed(self.name, wrong.strerror or str(wrong)) from wrong
        return receipt

    def _add(self, path: str, content: bytes) -> bytes | None:
        """Makes a file that is on the disk when this returns. Gives what is there when that is something else."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        except FileExistsError:
            with target.open("rb") as file:
                found = file.read(len(content) + 1)
            if found == content:
                return None
            if not content.startswith(found) or layout.read_checkpoint(found.decode("utf-8", "replace")) is not None:
                return found
            descriptor = os.open(target, os.O_WRONLY | os.O_CLOEXEC)  # a crash cut it off: it is written again
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        return None

    def _drop(self, path: str) -> None:
        shutil.rmtree(self.folder / path, ignore_errors=True)

    def _read(self, path: str) -> bytes | None:
        try:
            with (self.folder / path).open("rb") as file:
                return file.read(LARGEST_NOTE_BYTES)
        except FileNotFoundError:
            return None

    def copies(self) -> Iterator[str]:
        """Every checkpoint's file, the largest tree first."""
        try:
            if not self.folder.is_dir():
                raise failed(self.name, "the folder does not exist", "Is it mounted?")
            found = [path.relative_to(self.folder).as_posix() for path in self.folder.glob("checkpoints/*")]
            found += [path.relative_to(self.folder).as_posix() for path in self.folder.glob("*/checkpoints/*")]
            for path in sorted(found, key=layout.size_in_path, reverse=True):
                yield (self._read(path) or b"").decode("utf-8", "replace")
        except OSError as wrong:
            raise failed(self.name, wrong.strerror or str(wrong)) from wrong

    def read(self, path: str) -> bytes | None:
        """A file there, such as a tile for `layout.tiles_of`. Raises UnreachableError."""
        try:
            return self._read(path)
        except OSError as wrong:
            raise failed(self.name, wrong.strerror or str(wrong)) from wrong
