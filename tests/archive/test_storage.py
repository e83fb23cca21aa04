"""The archive in a bucket does what it does in a folder; addresses that can't be meant are refused."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import boto3
import polars as pl
import pytest

from dashboard.archive.storage import Storage
from dashboard.archive.table import ArchiveTable
from dashboard.errors import UnreachableError, UsageError
from dashboard.events.filter import EventFilter
from dashboard.keeping.compaction import Compactor
from dashboard.keeping.erase import erase
from dashboard.keeping.log import Log
from dashboard.keeping.rebuild import rebuild
from dashboard.keeping.sealer import Sealer
from dashboard.keeping.status import status_of
from dashboard.keeping.targets import find
from dashboard.keeping.verify import verify
from dashboard.ledger.report import Mode
from dashboard.query import views
from dashboard.query.opening import open_engine
from tests.archive.object_store import SECRET, new_bucket, serving_s3, use
from tests.archive.test_compacting import SCHEMA, frame, held
from tests.keeping.sealed_log import damage
from tests.keeping.test_compaction import files, mirrored_in_pieces, rows


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    with serving_s3() as endpoint:
        yield endpoint


@pytest.fixture
def bucket(store: str, monkeypatch: pytest.MonkeyPatch) -> str:
    use(monkeypatch, store)
    return new_bucket(store)


@pytest.fixture
def bucket_log(log: Log, bucket: str) -> Log:
    """The log, with its archive in a bucket."""
    return replace(log, settings=log.settings.model_copy(update={"archive": f"s3://{bucket}/audit/log"}))


def test_a_log_lives_in_a_bucket_as_in_a_folder(bucket_log: Log) -> None:
    mirrored_in_pieces(bucket_log)
    before = rows(bucket_log)
    assert len(before) == 90
    with closing(bucket_log.events()) as reader:
        older = reader.snapshot().events
        with Compactor(bucket_log) as compactor:
            assert compactor.finish()["events"].files_before == 8
        assert older.sort("seq").collect().to_dicts() == before
    assert files(bucket_log) == (1, 1)
    assert rows(bucket_log) == before
    assert damage(verify(bucket_log, mode=Mode.FULL, processes=1)) == []
    with Sealer(bucket_log) as sealer:
        assert sealer.mirror() == 10
    with open_engine(bucket_log) as engine:
        assert views.count(engine, EventFilter()) == 90


@pytest.mark.parametrize("processes", [1, 2])
def test_an_archive_in_a_bucket_is_rebuilt_and_made_whole(
    bucket_log: Log, store: str, bucket: str, processes: int
) -> None:
    mirrored_in_pieces(bucket_log)
    with Sealer(bucket_log) as sealer:
        sealer.mirror()
    before = rows(bucket_log)
    client = boto3.session.Session().client("s3", endpoint_url=store, region_name="us-east-1")
    kept = [
        each["Key"] for each in client.list_objects_v2(Bucket=bucket)["Contents"] if each["Key"].endswith("parquet")
    ]
    client.delete_object(Bucket=bucket, Key=kept[0])
    assert rebuild(bucket_log, processes=processes).events == len(before) == 90
    assert rows(bucket_log) == before
    assert damage(verify(bucket_log, mode=Mode.FULL, processes=1)) == []


def test_a_person_is_erased_from_a_bucket(bucket_log: Log, store: str) -> None:
    mirrored_in_pieces(bucket_log)
    with Compactor(bucket_log) as compactor:
        compactor.finish()
    with open_engine(bucket_log) as engine:
        assert views.count(engine, EventFilter(actor=("person.1",))) > 0
        erase(bucket_log, find(bucket_log, ["person.1"]), "ticket 7")
        assert views.log_page(engine, EventFilter(actor=("person.1",))).is_empty()  # it opened the newest files
    bucket = bucket_log.settings.archive.split("/")[2]
    client = boto3.session.Session().client("s3", endpoint_url=store, region_name="us-east-1")
    held_objects = client.list_objects_v2(Bucket=bucket).get("Contents", [])
    assert held_objects
    for one in held_objects:
        assert b"person.1" not in client.get_object(Bucket=bucket, Key=one["Key"])["Body"].read()
    assert damage(verify(bucket_log, mode=Mode.FULL, processes=1)) == []


APPEND = """
import sys
from datetime import UTC, datetime
import polars as pl
from dashboard.archive.table import ArchiveTable
from dashboard.errors import AuditlensError
from tests.archive.test_compacting import SCHEMA, frame
table = ArchiveTable(sys.argv[1], "events", SCHEMA, "log")
done = 0
for _ in range(40):
    table.refresh()
    at = table.watermark
    if at >= 20:
        break
    try:
        table.append(frame([at], [at]), at, at + 1)
        done += 1
    except AuditlensError:
        pass
print(done)
"""


def test_of_two_writers_of_a_bucket_none_loses_a_commit_and_none_doubles_one(bucket: str) -> None:
    location = f"s3://{bucket}/two"
    table = ArchiveTable(location, "events", SCHEMA, "log")
    table.append(frame([0], [0]), 0, 1)
    writers = [
        subprocess.Popen([sys.executable, "-c", APPEND, location], stdout=subprocess.PIPE, text=True) for _ in range(2)
    ]
    said = [int(writer.communicate(timeout=200)[0]) for writer in writers]
    table.refresh()
    assert held(table)["seq"].to_list() == list(range(20))
    assert sum(said) == 19
    assert min(said) > 0


def test_a_vanished_object_is_a_file_that_is_not_there(bucket: str) -> None:
    table = ArchiveTable(f"s3://{bucket}/one", "events", SCHEMA, "log")
    table.append(frame([0], [0]), 0, 1)
    older = table.scan()
    table.rewrite(pl.Series([0]), lambda rows: rows.with_columns(actor=pl.lit("gone")))
    table.forget()
    with pytest.raises(FileNotFoundError):
        older.collect()


def test_no_secret_is_in_what_is_said(bucket_log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    mirrored_in_pieces(bucket_log, 2)
    table = bucket_log.events_table()
    assert SECRET not in repr(table.storage) + repr(bucket_log) + json.dumps(status_of(bucket_log))
    assert (table.storage_options or {})["AWS_SECRET_ACCESS_KEY"] == SECRET
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    with pytest.raises(UnreachableError) as refused:
        bucket_log.events_table().refresh()
    assert SECRET not in str(refused.value)
    assert "\n" not in refused.value.message


@pytest.mark.parametrize(
    "uri", ["gs://bucket/x", "http://host/x", "s3://key:secret@bucket/x", "s3:///x", "s3://bucket/x?region=y"]
)
def test_another_kind_of_address_is_refused_without_being_repeated(uri: str) -> None:
    with pytest.raises(UsageError, match="a folder or s3://bucket/prefix") as refused:
        Storage.at(uri)
    assert "secret" not in str(refused.value)


def test_http_must_be_meant() -> None:
    with pytest.raises(UsageError, match="AWS_ALLOW_HTTP"):
        Storage.at("s3://bucket/x", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9000"})
    meant = Storage.at("s3://bucket/x", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9000", "AWS_ALLOW_HTTP": "true"})
    assert meant.options["AWS_ALLOW_HTTP"] == "true"
    assert "AWS_ALLOW_HTTP" not in Storage.at("s3://bucket/x", {"AWS_ENDPOINT_URL": "https://s3.example.org"}).options


def test_a_folder_takes_each_name_once(tmp_path: Path) -> None:
    storage = Storage.at(f"{tmp_path}/")
    storage.put("one", memoryview(b"x"))
    with pytest.raises(FileExistsError):
        storage.put("one", memoryview(b"y"))
    assert storage.lacking([storage.file("one"), storage.file("two")]) == [storage.file("two")]
    storage.drop("one")
    storage.drop("one")
