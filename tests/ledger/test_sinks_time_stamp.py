"""The sink that is a time stamp authority, against one made of openssl."""

import base64
import os
import shutil
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dashboard.config import Settings
from dashboard.errors import UnreachableError, UsageError
from dashboard.ledger.sinks import Sink, parse, posting
from tests.ledger.growing import Tree
from tests.ledger.servers import Answer, Asked, http_server, silent_server

SENDING = Tree(3).sending(3)
REPLY = "application/timestamp-reply"
_CONFIG = """
[tsa]
default_tsa = here
[here]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
signer_key = {folder}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = {digests}
"""


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


class Authority:
    """A certificate authority and a time stamp authority that it vouches for."""

    def __init__(self, folder: Path, *, digests: str = "sha256, sha512") -> None:
        folder.mkdir()
        self.folder = folder
        self._lock = threading.Lock()
        (folder / "serial").write_text("01\n")
        (folder / "tsa.cnf").write_text(_CONFIG.format(folder=folder, digests=digests))
        (folder / "ext").write_text(
            "extendedKeyUsage=critical,timeStamping\nkeyUsage=critical,digitalSignature\nbasicConstraints=CA:FALSE\n"
        )
        key = ("-newkey", "rsa:2048", "-nodes")
        self._run("req", "-x509", *key, "-days", "9", "-subj", "/CN=root", "-keyout", "ca.key", "-out", "ca.pem")
        self._run("req", *key, "-subj", "/CN=tsa", "-keyout", "tsa.key", "-out", "tsa.csr")
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "ext")
        self._run("x509", "-req", "-in", "tsa.csr", *signed, "-days", "9", "-out", "tsa.pem")

    @property
    def root(self) -> Path:
        return self.folder / "ca.pem"

    def answer(self, asked: Asked) -> Answer:
        assert asked.headers["content-type"] == "application/timestamp-query"
        with self._lock:
            (self.folder / "query").write_bytes(asked.body)
            self._run("ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query", "-out", "reply")
            return 200, REPLY, (self.folder / "reply").read_bytes()

    def _run(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    """Skipped, and with CI=true failed, where openssl is missing."""
    if shutil.which("openssl") is None:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("openssl is not installed")
    return Authority(tmp_path_factory.mktemp("tsa") / "good")


def sink_of(place: str, root: Path | None) -> Sink:
    return parse(f"tsa+http://{place}/tsr" + (f"?ca={root}" if root else ""), Settings())


def test_the_receipt_is_a_time_stamp_that_openssl_takes(authority: Authority, tmp_path: Path) -> None:
    with http_server(authority.answer) as (place, _):
        sink = sink_of(place, authority.root)
        receipt = sink.publish(SENDING)
        assert list(sink.copies()) == []
    assert abs(datetime.fromisoformat(str(receipt["time"])) - datetime.now(UTC)) < timedelta(minutes=1)
    (tmp_path / "note").write_text(SENDING.note)
    (tmp_path / "answer").write_bytes(base64.b64decode(str(receipt["answer"])))
    verify = ["openssl", "ts", "-verify", "-data", "note", "-in", "answer", "-CAfile", str(authority.root)]
    assert subprocess.run(verify, cwd=tmp_path, capture_output=True, check=False).returncode == 0
    (tmp_path / "note").write_text(SENDING.note.replace("3", "4"))
    assert subprocess.run(verify, cwd=tmp_path, capture_output=True, check=False).returncode != 0


def test_each_request_has_its_own_nonce_and_an_old_answer_is_refused(authority: Authority) -> None:
    kept: list[Answer] = []

    def replay(asked: Asked) -> Answer:
        kept.append(authority.answer(asked))
        return kept[0]

    with http_server(replay) as (place, asked):
        sink = sink_of(place, authority.root)
        sink.publish(SENDING)
        with pytest.raises(UnreachableError, match="time stamp does not hold: Nonce mismatch"):
            sink.publish(SENDING)
    assert asked[0].body != asked[1].body


def test_a_stamp_of_another_authority_is_refused(authority: Authority, tmp_path: Path) -> None:
    with http_server(Authority(tmp_path / "other").answer) as (place, _):
        with pytest.raises(UnreachableError, match="does not hold: Error while verifying certificates"):
            sink_of(place, authority.root).publish(SENDING)
        with pytest.raises(UnreachableError, match="does not hold") as wrong:
            sink_of(place, None).publish(SENDING)  # the usual roots of the web don't know it
    assert "ca=FILE" in wrong.value.hint


def test_an_authority_that_refuses_is_quoted(tmp_path: Path) -> None:
    with (
        http_server(Authority(tmp_path / "narrow", digests="sha512").answer) as (place, _),
        pytest.raises(UnreachableError, match=r"it refuses \(status 2\)"),
    ):
        sink_of(place, tmp_path / "narrow" / "ca.pem").publish(SENDING)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ((200, REPLY, b""), "time stamp does not hold"),
        ((200, REPLY, b"\x30\x03\x02\x01\x00"), "time stamp does not hold"),
        ((200, "text/html", b"<h1>welcome</h1>"), "answers 200: <h1>welcome</h1>"),
        ((503, "text/plain", b"later"), "answers 503: later"),
        ((200, "image/png", b"\x89PNG"), "answers 200: image/png"),
    ],
)
def test_a_wrong_answer_is_no_receipt(authority: Authority, answer: Answer, said: str) -> None:
    with http_server(lambda _: answer) as (place, _), pytest.raises(UnreachableError, match=said):
        sink_of(place, authority.root).publish(SENDING)


def test_an_authority_that_is_down_or_silent_and_a_root_that_is_none_are_errors(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnreachableError, match="can't be reached"):
        sink_of("127.0.0.1:9", authority.root).publish(SENDING)
    with http_server(authority.answer) as (place, _):
        for root in (authority.folder / "none.pem", authority.folder / "tsa.key"):
            with pytest.raises(UnreachableError, match=r"its root .* can't be read"):
                sink_of(place, root).publish(SENDING)
    monkeypatch.setattr(posting, "TIMEOUT_S", 0.3)
    with silent_server() as place, pytest.raises(UnreachableError, match="did not answer within"):
        sink_of(place, authority.root).publish(SENDING)


def test_without_the_library_it_is_said_which_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    with pytest.raises(UsageError, match="need the package rfc3161-client") as wrong:
        parse("tsa+https://host/x", Settings())
    assert "auditlens[anchors]" in wrong.value.hint
