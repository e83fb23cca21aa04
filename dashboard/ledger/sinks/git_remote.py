"""A sink that is a branch of a git repository elsewhere: a commit a checkpoint, pushed, never forced.

Whoever may not rewrite that branch can't take a checkpoint back, and everyone who fetches it has a copy. What was
pushed is remembered in a bare repository of our own; a branch that no longer continues it is said.
"""

import fcntl
import hashlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from dashboard.ledger.sinks import layout
from dashboard.ledger.sinks.address import Address
from dashboard.ledger.sinks.git_objects import Objects, fast_import
from dashboard.ledger.sinks.sending import LARGEST_NOTE_BYTES, TIMEOUT_S, ContradictionError, Receipt, Sending, failed

FORM = "git+ssh://git@host/path.git#branch, git+https://… or git+file:///… (?tiles=1 is optional, the branch is main)"
OPTIONS = frozenset({"tiles", "every"})
_BRANCH = re.compile(r"(?!.*(\.\.|//|\.lock$|/$))[A-Za-z0-9][A-Za-z0-9._/-]*")
_PUSHED, _REMOTE, _NEXT = "refs/anchors/pushed", "refs/anchors/remote", "refs/anchors/next"
_PASSED_ON = ("GIT_SSH", "GIT_SSH_COMMAND", "GIT_SSL_CAINFO", "GIT_SSL_CAPATH", "GIT_EXEC_PATH")
# The password reaches git through its environment: on a command line everybody on this machine could read it.
_HELPER = (
    '!f() { test "$1" = get && '
    'printf "username=%s\\npassword=%s\\n" "$AUDITLENS_GIT_USER" "$AUDITLENS_GIT_PASSWORD"; }; f'
)


@dataclass(frozen=True, slots=True)
class GitSink:
    """A branch of a repository."""

    address: Address = field(repr=False)
    branch: str
    folder: Path  # of our own bare repositories
    tiles: bool = False
    every_s: float | None = None
    kind: str = "git"

    @classmethod
    def parse(cls, url: str, folder: Path) -> Self:
        """Raises ValueError."""
        address = Address.parse(url, OPTIONS)
        branch = address.fragment or "main"
        if not _BRANCH.fullmatch(branch):
            raise ValueError("that is no name of a branch")
        if (address.transport == "file") != (not address.host) or len(address.path) < 2:
            raise ValueError("it names no host, or no repository")
        if address.hostname.startswith("-") or address.user.startswith("-"):
            raise ValueError("its host is no host")
        if address.transport == "ssh" and address.password:
            raise ValueError("ssh takes no password here; give it a key")
        return cls(address, branch, folder, address.flag("tiles"), address.number("every", 1))

    @property
    def name(self) -> str:
        return f"{self.address.shown}#{self.branch}"

    @property
    def place(self) -> str:
        return f"{self.address.host}{self.address.path}, branch {self.branch}"

    def publish(self, sending: Sending) -> Receipt:
        """Commits the checkpoint on top of what is there and pushes it."""
        with self._repository():
            tip = self._tip()
            self._check_continues(tip)
            with Objects(self._command("cat-file", "--batch"), self._environment(), tip) as objects:
                receipt, files, gone = self._files(sending, objects)
            subject = f"{sending.checkpoint.size} {sending.checkpoint.root.hex()}"
            stream = fast_import(_NEXT, tip, subject, files, gone)
            self._git("fast-import", "--quiet", "--force", "--done", stdin=stream)
            commit = self._git("rev-parse", _NEXT).strip()
            self._git("push", "--quiet", "--no-verify", self._url, f"{_NEXT}:refs/heads/{self.branch}")
            self._git("update-ref", _PUSHED, _NEXT)
            self._git("gc", "--auto", "--quiet")
        return {"commit": commit, **receipt}

    def _files(self, sending: Sending, objects: Objects) -> tuple[Receipt, dict[str, bytes], list[str]]:
        files: dict[str, bytes] = {}
        gone: list[str] = []

        def add(path: str, content: bytes) -> bytes | None:
            found = objects.read(path)
            if found is None:
                files[path] = content
            return None if found in (None, content) else found

        newest = f"{layout.prefix_of(sending.checkpoint.origin)}checkpoint"
        if layout.check_newest(self.name, sending, objects.read(newest), objects.read if self.tiles else None):
            files[newest] = sending.note.encode()
        # 1,000 tree sizes a folder: every commit holds each folder above its file anew
        thousands = layout.Tile(0, sending.checkpoint.size // 1000, 256).path.removeprefix("tile/0/")
        receipt: Receipt = {"path": layout.keep_checkpoint(self.name, sending, add, between=f"{thousands}/")}
        if self.tiles:
            receipt["tiles"] = layout.keep_tiles(self.name, sending, add, gone.append)
        return receipt, files, gone

    def _check_continues(self, tip: str) -> None:
        pushed = self._git("rev-parse", "--verify", "--quiet", _PUSHED, fails=True).strip()
        if not pushed or pushed == tip:
            return
        if not tip or self._git("merge-base", pushed, tip, fails=True).strip() != pushed:
            raise ContradictionError(
                f"{self.name}: the branch no longer holds what was pushed to it; its newest commit was {pushed[:12]}.",
                f"Somebody rewrote it. If that was meant, delete {self._bare}; what was pushed is still in there.",
            )

    def _tip(self) -> str:
        """The newest commit of the branch over there, fetched; empty when there is no such branch."""
        listed = self._git("ls-remote", "--heads", self._url, f"refs/heads/{self.branch}")
        tip = listed.partition("\t")[0].strip()
        if tip and self._git("rev-parse", "--verify", "--quiet", _REMOTE, fails=True).strip() != tip:
            self._git("fetch", "--quiet", "--no-tags", "--no-write-fetch-head", self._url, f"+{tip}:{_REMOTE}")
        return tip

    def copies(self) -> Iterator[str]:
        """Every checkpoint's file that the branch over there ever held: a later commit hides none."""
        with self._repository():
            tip = self._tip()
            if not tip:
                return
            listed = self._git("rev-list", "--objects", tip).splitlines()
            # an object is listed once, by one of its paths: a note is found as the newest of its time, or in its folder
            found = [line.partition(" ")[0] for line in listed if layout.is_note_path(line.partition(" ")[2])]
            with Objects(self._command("cat-file", "--batch"), self._environment(), "") as objects:
                blobs = [objects.blob(sha) for sha in found]
        notes = [blob.decode("utf-8", "replace") for blob in blobs if blob and len(blob) <= LARGEST_NOTE_BYTES]
        yield from sorted(notes, key=layout.size_of_note, reverse=True)

    @property
    def _url(self) -> str:
        user = f"{self.address.user}@" if self.address.transport == "ssh" and self.address.user else ""
        return f"{self.address.transport}://{user}{self.address.host}{self.address.path}"

    @property
    def _bare(self) -> Path:
        return self.folder / f"git-{hashlib.sha256(self.name.encode()).hexdigest()[:12]}"

    @contextmanager
    def _repository(self) -> Iterator[None]:
        """Our own repository, for one process at a time."""
        try:
            self._bare.mkdir(mode=0o700, parents=True, exist_ok=True)
            with (self._bare / "lock").open("w") as lock:
                until = time.monotonic() + TIMEOUT_S
                while not _locked(lock.fileno()):
                    if time.monotonic() > until:
                        raise failed(self.name, "another process is at work on it")
                    time.sleep(0.05)
                if not (self._bare / "HEAD").exists():
                    self._git("init", "--quiet", "--bare", "--template=", ".")
                yield
        except OSError as wrong:
            raise failed(self.name, wrong.strerror or str(wrong)) from wrong

    def _command(self, *words: str) -> list[str]:
        scheme = self.address.transport
        only = ("-c", "protocol.allow=never", "-c", f"protocol.{scheme}.allow=always")
        where = () if words[0] == "init" else ("--git-dir", str(self._bare))
        return ["git", *only, "-c", "core.hooksPath=/dev/null", *where, *words]

    def _environment(self) -> Mapping[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_") or key in _PASSED_ON}
        own = {"GIT_TERMINAL_PROMPT": "0", "GIT_ASKPASS": "", "SSH_ASKPASS": "", "LC_ALL": "C", "GIT_ADVICE": "0"}
        kept.setdefault("GIT_SSH_COMMAND", f"ssh -oBatchMode=yes -oConnectTimeout={TIMEOUT_S:.0f}")
        if self.address.user and self.address.transport.startswith("http"):
            own |= {"AUDITLENS_GIT_USER": self.address.user, "AUDITLENS_GIT_PASSWORD": self.address.password}
            for number, helper in enumerate(("", _HELPER)):  # the first takes away those of this machine
                own |= {f"GIT_CONFIG_KEY_{number}": "credential.helper", f"GIT_CONFIG_VALUE_{number}": helper}
            own["GIT_CONFIG_COUNT"] = "2"
        return kept | own

    def _git(self, *words: str, stdin: bytes = b"", fails: bool = False) -> str:
        """What git says. With `fails` an error is no answer, else it is raised."""
        with subprocess.Popen(
            self._command(*words), cwd=self._bare, env=self._environment(), start_new_session=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        ) as process:  # fmt: skip
            try:
                out, err = process.communicate(stdin, timeout=TIMEOUT_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # git and the ssh that it started
                raise failed(self.name, f"git {words[0]} did not end within {TIMEOUT_S:.0f} s") from None
        if process.returncode and not fails:
            why = f"git {words[0]} failed: {err.decode('utf-8', 'replace')}"
            raise failed(self.name, why, secrets=self.address.secrets)
        return "" if process.returncode else out.decode("utf-8", "replace")


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
