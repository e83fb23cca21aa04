"""Updating the location database: a good one is swapped in, anything else changes nothing."""

import base64
import gzip
import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import mmdb_writer
import pytest
from netaddr import IPSet
from pydantic import SecretStr

from dashboard.config import Settings
from dashboard.errors import AuditlensError, UnreachableError, UsageError
from dashboard.events.regions import Regions, find_database
from dashboard.keeping import geo_update
from dashboard.keeping.geo_update import Provider, update

TODAY = date(2026, 11, 1)
NOVEMBER, OCTOBER = "/free/dbip-city-lite-2026-11.mmdb.gz", "/free/dbip-city-lite-2026-10.mmdb.gz"
GEOLITE = "/geoip/databases/GeoLite2-City/download?suffix=tar.gz"
KEY = "s3cret-licence-key"
Answer = tuple[int, dict[str, str], bytes]


class Server:
    """Answers what a test put at a path, 404 elsewhere, and remembers what it was asked."""

    def __init__(self) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[tuple[str, str | None]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.asked.append((self.path, self.headers.get("authorization")))
                status, headers, body = outer.answers.get(self.path, (404, {}, b"no"))
                self.send_response(status)
                for name, value in {"content-length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], Server]]:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    servers: list[Server] = []

    def start() -> Server:
        server = Server()
        threading.Thread(target=server.http.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.http.shutdown()
        server.http.server_close()


@pytest.fixture
def server(serve: Callable[[], Server]) -> Server:
    return serve()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, maxmind_account_id="4711", maxmind_license_key=SecretStr(KEY))


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    def build(kind: str = "DBIP-City-Lite", network: str = "8.8.8.0/24", city: str = "Mountain View") -> bytes:
        writer = mmdb_writer.MMDBWriter(ip_version=6, ipv4_compatible=True, database_type=kind)
        writer.insert_network(IPSet([network]), {"city": {"names": {"en": city}}, "country": {"iso_code": "US"}})
        path = tmp_path_factory.mktemp("built") / "city.mmdb"
        writer.to_db_file(str(path))
        return path.read_bytes()

    return build


def tarball(name: str, content: bytes) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, body in (("GeoLite2-City_20261103/LICENSE.txt", b"words"), (name, content)):
            member = tarfile.TarInfo(path)
            member.size = len(body)
            archive.addfile(member, io.BytesIO(body))
    return packed.getvalue()


def test_dbip_of_this_month_is_fetched_and_is_the_database_in_use(
    server: Server, settings: Settings, database: Callable[..., bytes]
) -> None:
    packed = gzip.compress(database())
    server.answers[NOVEMBER] = (200, {}, packed)
    seen: list[tuple[int, int | None]] = []
    fetched = update(settings, server=server.url, today=TODAY, progress=lambda *step: seen.append(step))
    assert find_database(settings) == fetched.path == settings.home / "geo" / "dbip-city-lite.mmdb"
    assert fetched.name == "DBIP-City-Lite"
    assert seen[-1] == (len(packed), len(packed))
    assert server.asked == [(NOVEMBER, None)]
    with Regions.open(fetched.path) as regions:
        assert regions.places(["8.8.8.8"])["8.8.8.8"].region == "Mountain View"


def test_last_month_is_fetched_while_this_month_is_not_out(
    server: Server, settings: Settings, database: Callable[..., bytes]
) -> None:
    server.answers[OCTOBER] = (200, {}, gzip.compress(database()))
    update(settings, server=server.url, today=TODAY)
    assert [path for path, _ in server.asked] == [NOVEMBER, OCTOBER]


def test_a_running_reader_sees_the_swap(server: Server, settings: Settings, database: Callable[..., bytes]) -> None:
    server.answers[NOVEMBER] = (200, {}, gzip.compress(database(city="Before")))
    update(settings, server=server.url, today=TODAY)
    with Regions.open(find_database(settings)) as regions:
        assert regions.places(["8.8.8.8"])["8.8.8.8"].region == "Before"
        server.answers[NOVEMBER] = (200, {}, gzip.compress(database(city="After")))
        update(settings, server=server.url, today=TODAY)
        assert regions.refresh(find_database(settings))
        assert regions.places(["8.8.8.8"])["8.8.8.8"].region == "After"


def test_maxmind_gets_the_credentials_and_no_server_it_sends_us_to_does(
    serve: Callable[[], Server], settings: Settings, database: Callable[..., bytes]
) -> None:
    front, store = serve(), serve()
    front.answers[GEOLITE] = (302, {"location": f"{store.url}/signed?token=x"}, b"")
    store.answers["/signed?token=x"] = (200, {}, tarball("../../evil/GeoLite2-City.mmdb", database("GeoLite2-City")))
    fetched = update(settings, Provider.MAXMIND, server=front.url)
    basic = "Basic " + base64.b64encode(f"4711:{KEY}".encode()).decode()
    assert front.asked == [(GEOLITE, basic)]
    assert store.asked == [("/signed?token=x", None)]
    assert [path.name for path in (settings.home / "geo").iterdir()] == ["GeoLite2-City.mmdb"]
    assert fetched.name == "GeoLite2-City"


def test_maxmind_without_an_account_asks_for_one(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="AUDITLENS_MAXMIND_ACCOUNT_ID"):
        update(Settings(home=tmp_path), Provider.MAXMIND)


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_are_wrong_use_and_stay_secret(server: Server, settings: Settings, status: int) -> None:
    server.answers[GEOLITE] = (status, {}, f"bad key {KEY}".encode())
    with pytest.raises(UsageError) as refused:
        update(settings, Provider.MAXMIND, server=server.url)
    assert KEY not in str(refused.value)


def bad_answers(database: Callable[..., bytes]) -> dict[str, Answer]:
    good = gzip.compress(database())
    return {
        "server error": (500, {}, b"oops"),
        "not packed": (200, {}, b"<html>maintenance</html>"),
        "cut off when unpacked": (200, {}, good[:-20]),
        "cut off on the way": (200, {"content-length": str(len(good) + 10)}, good),
        "damaged": (200, {}, good[:200] + bytes(40) + good[240:]),
        "empty": (200, {}, b""),
        "another kind": (200, {}, gzip.compress(database("GeoLite2-Country"))),
        "knows nothing": (200, {}, gzip.compress(database(network="203.0.113.0/24"))),
        "unpacks to too much": (200, {}, gzip.compress(bytes(3_000_000))),
        "too long": (200, {}, bytes(2_000_000)),
        "endless redirect": (302, {"location": NOVEMBER}, b""),
    }


def test_whatever_else_is_sent_leaves_the_old_database_in_place(
    server: Server,
    settings: Settings,
    database: Callable[..., bytes],
    monkeypatch: pytest.MonkeyPatch,
    subtests: pytest.Subtests,
) -> None:
    monkeypatch.setattr(geo_update, "LARGEST_DOWNLOAD_BYTES", 1_500_000)
    monkeypatch.setattr(geo_update, "LARGEST_DATABASE_BYTES", 2_500_000)
    server.answers[NOVEMBER] = (200, {}, gzip.compress(database(city="Old")))
    old = update(settings, server=server.url, today=TODAY).path
    before = old.read_bytes()
    for name, answer in bad_answers(database).items():
        with subtests.test(name):
            server.answers = {NOVEMBER: answer}
            with pytest.raises(UnreachableError, match=r"127\.0\.0\.1|sent|unpacks"):
                update(settings, server=server.url, today=TODAY)
            assert old.read_bytes() == before
            assert [path.name for path in old.parent.iterdir()] == [old.name]


def test_a_server_that_does_not_listen_is_said_plainly(settings: Settings, server: Server) -> None:
    for url in ("http://127.0.0.1:1", "http://", "nonsense", "ftp://127.0.0.1"):
        with pytest.raises(AuditlensError) as failed:
            update(settings, Provider.MAXMIND, server=url)
        assert KEY not in str(failed.value)
        assert "AUDITLENS_GEOIP_DB" in failed.value.hint


def test_a_tar_file_without_a_database_is_refused(server: Server, settings: Settings) -> None:
    server.answers[GEOLITE] = (200, {}, tarball("GeoLite2-City/README.txt", b"nothing"))
    with pytest.raises(UnreachableError, match="no database"):
        update(settings, Provider.MAXMIND, server=server.url)
