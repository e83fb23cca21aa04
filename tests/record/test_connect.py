"""Connecting: each part by its own login, and errors that say what to do."""

import psycopg
import pytest
from pydantic import SecretStr

from dashboard.config import Settings
from dashboard.errors import UnreachableError, UsageError
from dashboard.keeping.log import open_log
from dashboard.record.connect import connect, external_urls, shown
from dashboard.record.migrate import migrate
from dashboard.record.read import RecordReader
from tests.log_fixtures import TestServer


def settings(**urls: str) -> Settings:
    return Settings(**{name: SecretStr(url) for name, url in urls.items()})  # type: ignore[arg-type]


def test_one_url_serves_every_part_in_its_role(server: TestServer, database: str) -> None:
    urls = external_urls(settings(database_url=server.url(server.endpoint.superuser, database)))
    assert urls is not None
    for part in ("writer", "reader", "sealer", "redactor"):
        with connect(urls.of(part), part) as connection:
            assert connection.execute("select current_user").fetchone() == (f"auditlens_{part}",)


def test_a_part_with_a_url_of_its_own_uses_it() -> None:
    urls = external_urls(settings(database_url="postgresql://a@h/d", reader_url="postgresql://b@h/d"))
    assert urls is not None
    assert urls.of("reader") == "postgresql://b@h/d"
    assert "role=auditlens_writer" in urls.of("writer")
    assert urls.of("admin") == "postgresql://a@h/d"


def test_a_missing_login_is_named() -> None:
    urls = external_urls(settings(reader_url="postgresql://b@h/d"))
    assert urls is not None
    with pytest.raises(UsageError, match="AUDITLENS_SEALER_URL"):
        urls.of("sealer")


def test_without_urls_the_embedded_database_serves() -> None:
    assert external_urls(Settings()) is None


def test_no_password_is_ever_shown() -> None:
    urls = external_urls(settings(database_url="postgresql://a:s3cret@h:5433/d"))
    assert urls is not None
    assert "s3cret" not in repr(urls)
    assert shown(urls.of("writer")) == "postgresql://a@h:5433/d"
    assert "s3cret" not in repr(settings(database_url="postgresql://a:s3cret@h:5433/d"))


@pytest.mark.parametrize("setting", ["database_url", "admin_url", "reader_url"])
@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:hun%ter2@h/d",
        "postgresql://u:hunter2/d",
        "postgresql://u:p@hunter2@h/d",
        "postgresql://u:hunter2@h/d?no=option",
        "hunter2",
    ],
)
def test_a_wrong_url_is_named_and_none_of_it_is_shown(setting: str, url: str) -> None:
    with pytest.raises(UsageError, match=f"AUDITLENS_{setting.upper()}") as refused:
        external_urls(settings(**{setting: url}))
    assert "ter2" not in str(refused.value)


def test_a_host_that_can_only_migrate_says_which_login_is_missing() -> None:
    with (
        pytest.raises(UsageError, match="AUDITLENS_READER_URL"),
        open_log(settings(admin_url="postgresql://a@h/d")),
    ):
        pass


def test_a_login_that_may_not_take_the_role_is_told_so(
    server: TestServer, database: str, admin: "psycopg.Connection[tuple[object, ...]]"
) -> None:
    urls = external_urls(settings(database_url=server.url("auditlens_reader", database)))
    assert urls is not None
    with pytest.raises(UnreachableError, match="may not act for this part"):
        connect(urls.of("writer"), "writer")


def test_an_empty_database_says_migrate(server: TestServer) -> None:
    server.execute("create database empty_one")
    try:
        reader = RecordReader(server.url(server.endpoint.superuser, "empty_one"))
        with pytest.raises(UnreachableError) as refused:
            reader.identity()
        assert "auditlens migrate" in refused.value.hint
        reader.close()
    finally:
        server.execute("drop database empty_one with (force)")


def test_migrating_twice_does_nothing_and_keeps_the_log(server: TestServer, database: str) -> None:
    url = server.url(server.endpoint.superuser, database)
    first, second = migrate(url), migrate(url, demo=True)
    assert (first.applied, second.applied) == ((), ())
    assert first.log_id == second.log_id
    assert not second.demo


def test_a_database_of_a_newer_version_is_refused(server: TestServer, database: str) -> None:
    server.execute("insert into schema_migration (name, sha256) values ('9999_from_the_future', '')", database)
    with pytest.raises(UsageError, match="newer version"):
        migrate(server.url(server.endpoint.superuser, database))


def test_an_unreachable_server_is_said() -> None:
    with pytest.raises(UnreachableError, match="can't answer"):
        connect("postgresql://nobody@/nothing?host=/nonexistent", "reader")
