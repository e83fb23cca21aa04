"""Reading git's objects through one process, and the text that makes a commit of files without a working tree."""

import subprocess
import time
from collections.abc import Mapping, Sequence
from typing import Self


class Objects:
    """`git cat-file --batch`: one process for many look-ups. Use as a context manager."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], commit: str) -> None:
        self._commit = commit
        self._process = subprocess.Popen(
            list(command), env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def read(self, path: str) -> bytes | None:
        """The file at a path of the commit; None where there is none, or no commit yet."""
        return self.blob(f"{self._commit}:{path}") if self._commit else None

    def blob(self, name: str) -> bytes | None:
        """The object with a name, such as its hash; None when it is no file."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(name.encode() + b"\n")
        stdin.flush()
        words = stdout.readline().split()
        if len(words) != 3:
            return None
        content = stdout.read(int(words[2]))
        stdout.read(1)
        return content if words[1] == b"blob" else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            pass


def fast_import(ref: str, parent: str, subject: str, files: Mapping[str, bytes], gone: Sequence[str]) -> bytes:
    """What `git fast-import --done` reads: one commit on a ref that adds files and takes folders away."""
    message = f"{subject}\n".encode()
    lines = [
        f"commit {ref}\ncommitter Auditlens <auditlens@localhost> {int(time.time())} +0000\n".encode(),
        b"data %d\n%b\n" % (len(message), message),
    ]
    if parent:
        lines.append(f"from {parent}\n".encode())
    lines += [f"D {path}\n".encode() for path in gone]
    for path, content in files.items():
        lines.append(b"M 100644 inline %b\ndata %d\n%b\n" % (path.encode(), len(content), content))
    return b"".join([*lines, b"done\n"])
