"""The home folder and the account that the embedded PostgreSQL runs as.

PostgreSQL refuses to run as root, so root lends it a system account of its own. Only our own folders get modes and
owners from here: a parent that exists is never changed, and a folder that the account can't reach is said, not opened.
"""

import fcntl
import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from dashboard.errors import UnreachableError

ACCOUNT = "auditlens"
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}  # no PG… variable of the caller reaches the server
_SYSTEM_PATH = "/usr/sbin:/sbin:/usr/bin:/bin"
_RUN = Path("/run")  # only root writes there
_SOCKET_NAME_BYTES = len("/.s.PGSQL.5432")
_SOCKET_PATH_LIMIT_BYTES = 107  # sockaddr_un.sun_path, without its closing NUL


@dataclass(frozen=True, slots=True)
class Account:
    """Who runs the postmaster. `lent`: root runs it as the system account; else we run it as ourselves."""

    name: str
    uid: int
    gid: int
    lent: bool

    def run(self, command: Sequence[str | Path], folder: Path = Path("/")) -> subprocess.CompletedProcess[str]:
        """Run `command` as this account in `folder`, in a plain environment; the exit code is the caller's to judge."""
        return subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            env=_ENVIRONMENT,
            umask=0o077,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            user=self.uid if self.lent else None,
            group=self.gid if self.lent else None,
            extra_groups=() if self.lent else None,
        )

    def reaches(self, folder: Path) -> bool:
        """Whether the account can enter `folder`."""
        return self.run(["/bin/sh", "-c", 'cd -- "$1"', "sh", folder]).returncode == 0

    def own(self, path: Path, mode: int) -> None:
        """Give `path` to the account with exactly `mode`, whatever the umask."""
        if self.lent:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)
        path.chmod(mode)


def account() -> Account:
    """Return who runs the postmaster: ourselves, or as root the system account, made here when it is missing."""
    uid = os.geteuid()
    if uid != 0:
        return Account(current_user(), uid, os.getegid(), lent=False)
    try:
        entry = pwd.getpwnam(ACCOUNT)
    except KeyError:
        entry = _created_account()
    if entry.pw_uid == 0:
        raise UnreachableError(
            f'The account "{ACCOUNT}" is root itself.',
            "PostgreSQL refuses to run as root; give the account an id of its own.",
        )
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, lent=True)


def _created_account() -> pwd.struct_passwd:
    """One process at a time: a second useradd that began before the first ended would give the account other ids."""
    with exclusive((_RUN if _RUN.is_dir() else Path("/etc")) / f"{ACCOUNT}-account.lock"):
        try:
            return pwd.getpwnam(ACCOUNT)
        except KeyError:
            _create_account()
            return pwd.getpwnam(ACCOUNT)


def _create_account() -> None:
    useradd = shutil.which("useradd", path=_SYSTEM_PATH)
    advice = f'Create a system account named "{ACCOUNT}" without a login, or set AUDITLENS_DATABASE_URL.'
    if useradd is None:
        raise UnreachableError(
            "PostgreSQL does not run as root, and there is no useradd to make an account for it.", advice
        )
    nologin = shutil.which("nologin", path=_SYSTEM_PATH) or "/bin/false"
    options = ["--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", "--shell", nologin]
    made = subprocess.run(
        [useradd, *options, ACCOUNT], capture_output=True, encoding="utf-8", errors="replace", check=False
    )
    if made.returncode != 0:
        raise UnreachableError(f"Making the system account failed: {made.stderr.strip()}", advice)


def current_user() -> str:
    """Return the name of the operating-system user that PostgreSQL sees at the other end of the socket."""
    uid = os.geteuid()
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        raise UnreachableError(
            f"The user id {uid} has no name on this machine, and the embedded database admits users by name.",
            "Add the id to /etc/passwd, or set AUDITLENS_DATABASE_URL.",
        ) from None


def prepare_home(home: Path) -> None:
    """Make `home` when it is missing, closed to other users. What exists already keeps its mode and owner.

    Under root the missing folders belong to the account's group, which may pass through and no more; an empty folder
    that root owns counts as missing. Raises UnreachableError when the place can't be used, naming the way out.
    """
    who = account()
    try:
        for folder in reversed([home, *home.parents]):
            if not folder.exists():
                folder.mkdir(exist_ok=True)
                _close(folder, who)
        if who.lent and home.stat().st_uid == 0 and not any(home.iterdir()):
            _close(home, who)
    except OSError as error:
        raise UnreachableError(
            f"The folder {home} can't be used: {error.strerror}.", "Set AUDITLENS_HOME to a folder of your own."
        ) from error
    _refuse_foreign(home)
    if not who.reaches(home):
        closed = next(folder for folder in reversed([home, *home.parents]) if not who.reaches(folder))
        raise UnreachableError(
            f'The account "{who.name}", which runs the database for root, can\'t enter {closed}.',
            "Set AUDITLENS_HOME to a folder whose parents others may pass through (such as /var/lib/auditlens), "
            "or start Auditlens as a user other than root.",
        )


def _close(folder: Path, who: Account) -> None:
    if who.lent:
        os.chown(folder, 0, who.gid)
    folder.chmod(0o710 if who.lent else 0o700)


def _refuse_foreign(home: Path) -> None:
    """Root does not write where another user could put a symbolic link in its way."""
    state = home.stat()
    if os.geteuid() == 0 and (state.st_uid != 0 or state.st_mode & stat.S_IWOTH):
        raise UnreachableError(
            f"The folder {home} belongs to another user, or everyone may write to it.",
            "Start Auditlens as the user who owns it, or set AUDITLENS_HOME to a folder of root's own.",
        )


def socket_folder(home: Path, who: Account) -> Path:
    """Return the folder for the socket, made and closed to others: HOME/run, or a short one when that path is too long.

    A socket's path holds 107 bytes, and libpq reads a comma in it as a list of hosts. The short folder's name follows
    from the home, and it is refused when anyone else made it first.
    """
    folder = home / "run"
    if not _fits(folder):
        shared = _RUN if who.lent and _RUN.is_dir() else Path(tempfile.gettempdir())
        digest = sha256(os.fsencode(home)).hexdigest()[:16]
        folder = shared / f"auditlens-{who.uid}-{digest}"
        if not _fits(folder):
            raise UnreachableError(
                f"The path {home} is too long for a socket, and so is {folder}.",
                "Set AUDITLENS_HOME to a shorter path.",
            )
    try:
        folder.mkdir(mode=0o700)
        who.own(folder, 0o700)
    except FileExistsError:
        state = folder.lstat()
        if not stat.S_ISDIR(state.st_mode) or state.st_uid != who.uid or state.st_mode & 0o077:
            raise UnreachableError(
                f"The socket's folder {folder} is not a closed folder of {who.name}'s own.",
                "Remove it and start again.",
            ) from None
    except OSError as error:
        raise UnreachableError(f"The socket's folder {folder} can't be made: {error.strerror}.") from error
    return folder


def _fits(folder: Path) -> bool:
    name = os.fsencode(folder)
    return len(name) + _SOCKET_NAME_BYTES <= _SOCKET_PATH_LIMIT_BYTES and b"," not in name


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file `path` alone, waiting for it; it is free again when the process ends in any way."""
    handle = open_lock(path)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def open_lock(path: Path) -> int:
    """Open a lock file of our own; the descriptor is not inherited by commands that we run."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError as error:
        raise UnreachableError(
            f"The lock file {path} can't be opened: {error.strerror}.",
            "Start Auditlens as the user who owns the folder, or set AUDITLENS_HOME to one of your own.",
        ) from error
