"""The sink that is a bucket, against an S3 on this machine."""

import secrets
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from dashboard.config import Settings
from dashboard.errors import UnreachableError, UsageError
from dashboard.ledger.sinks import ContradictionError, bucket, parse
from dashboard.ledger.sinks.bucket import BucketSink
from dashboard.ledger.sinks.layout import checkpoint_path, differing_leaves, tiles_of
from tests.ledger.growing import ORIGIN, Tree
from tests.ledger.servers import silent_server

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

SECRET = "s3cret-aws-key"


@pytest.fixture(scope="module")
def store() -> Iterator[str]:
    """The address of an S3 service."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(autouse=True)
def _login(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def client(store: str) -> "S3Client":
    """The bucket's owner."""
    return boto3.session.Session().client("s3", endpoint_url=store, region_name="us-east-1")


@pytest.fixture
def name(client: "S3Client") -> str:
    """A new bucket with object lock."""
    found = f"log-{secrets.token_hex(6)}"
    client.create_bucket(Bucket=found, ObjectLockEnabledForBucket=True)
    return found


def sink_of(store: str, name: str, more: str = "lock_days=30") -> BucketSink:
    found = parse(f"s3://{name}/audit/log?region=us-east-1&endpoint={store}&{more}", Settings())
    assert isinstance(found, BucketSink)
    return found


def test_each_checkpoint_is_an_object_that_its_owner_cant_delete(store: str, client: "S3Client", name: str) -> None:
    sink, tree = sink_of(store, name), Tree(300)
    first, second = tree.sending(200), tree.sending(300)
    receipt = sink.publish(first)
    sink.publish(second)
    assert receipt["path"] == checkpoint_path(first.checkpoint)
    until = datetime.fromisoformat(str(receipt["locked_until"]))
    assert timedelta(days=29) < until - datetime.now(UTC) <= timedelta(days=30)
    key, version = f"audit/log/{receipt['path']}", str(receipt["version"])
    assert client.get_object(Bucket=name, Key=key)["Body"].read().decode() == first.note
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(Bucket=name, Key=key, VersionId=version)
    with pytest.raises(ClientError, match="AccessDenied"):
        client.delete_object(Bucket=name, Key=key, VersionId=version, BypassGovernanceRetention=True)
    assert list(sink.copies()) == [second.note, first.note]


def test_a_checkpoint_that_is_there_is_left_as_it_is(store: str, client: "S3Client", name: str) -> None:
    sink, sending = sink_of(store, name), Tree(3).sending(3)
    assert sink.publish(sending) == sink.publish(sending)
    assert len(client.list_object_versions(Bucket=name)["Versions"]) == 1


def test_what_is_hidden_by_a_delete_or_a_later_put_is_given_back(store: str, client: "S3Client", name: str) -> None:
    sink, sending = sink_of(store, name), Tree(3).sending(3)
    key = f"audit/log/{sink.publish(sending)['path']}"
    client.put_object(Bucket=name, Key=key, Body=b"another\n")
    with pytest.raises(ContradictionError, match="taken by something else"):
        sink.publish(sending)
    client.delete_object(Bucket=name, Key=key)  # leaves a mark, and the versions below it
    assert set(sink.copies()) == {sending.note, "another\n"}


def test_tiles_lie_beside_the_checkpoints(store: str, name: str) -> None:
    sink, tree = sink_of(store, name, "lock_days=1&tiles=1"), Tree(300)
    receipt = sink.publish(tree.sending(300))
    assert receipt["tiles"] == 300
    assert tuple(differing_leaves(Tree(300, changed=(256,)).read, tiles_of(sink.read, ORIGIN), 300)) == (256,)
    with pytest.raises(ContradictionError, match="differ from leaf 9 on"):
        sink.publish(Tree(300, changed=(9,)).sending(300))
    with pytest.raises(ContradictionError, match="the one of 300 leaves there; they differ from leaf 9 on"):
        sink.publish(Tree(400, changed=(9,)).sending(400, last=receipt, last_size=300))
    later = Tree(4, origin=f"{ORIGIN}/2").sending(4)
    assert str(sink.publish(later)["path"]).startswith("2/checkpoints/")
    assert {tree.sending(300).note, later.note} < set(sink.copies())


def test_a_bucket_without_object_lock_needs_that_to_be_said(store: str, client: "S3Client") -> None:
    name = f"open-{secrets.token_hex(6)}"
    client.create_bucket(Bucket=name)
    with pytest.raises(UnreachableError, match="Bucket is missing ObjectLockConfiguration"):
        sink_of(store, name).publish(Tree(3).sending(3))
    assert "locked_until" not in sink_of(store, name, "lock_days=0").publish(Tree(3).sending(3))


def test_a_checkpoint_that_is_there_unlocked_is_no_receipt(store: str, name: str) -> None:
    sending = Tree(3).sending(3)
    sink_of(store, name, "lock_days=0").publish(sending)
    with pytest.raises(UnreachableError, match="does not say that it is locked") as wrong:
        sink_of(store, name).publish(sending)
    assert "s3:GetObjectRetention" in wrong.value.hint


def test_a_bucket_that_is_not_there_and_a_store_that_is_down_are_errors(
    store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnreachableError, match="NoSuchBucket") as wrong:
        sink_of(store, "no-such-bucket").publish(Tree(3).sending(3))
    assert SECRET not in str(wrong.value)
    with pytest.raises(UnreachableError, match="NoSuchBucket"):
        list(sink_of(store, "no-such-bucket").copies())
    with pytest.raises(UnreachableError, match="the store can't be used"):
        sink_of("http://127.0.0.1:9", "log").publish(Tree(3).sending(3))
    monkeypatch.setattr(bucket, "TIMEOUT_S", 0.5)
    with silent_server() as place, pytest.raises(UnreachableError, match="Read timeout"):
        sink_of(f"http://{place}", "log").publish(Tree(3).sending(3))


def test_without_a_login_it_is_said(store: str, name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for variable in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(variable)
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(UnreachableError, match="Unable to locate credentials"):
        sink_of(store, name).publish(Tree(3).sending(3))


def test_without_the_library_it_is_said_which_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "boto3", None)
    with pytest.raises(UsageError, match="needs the package boto3") as wrong:
        parse("s3://bucket/x?lock_days=1", Settings())
    assert "auditlens[anchors]" in wrong.value.hint
