"""The sinks that are a service and a mailbox."""

import hashlib
import hmac
import json
import socket
import ssl
import subprocess
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from pydantic import SecretStr

from dashboard.config import Settings
from dashboard.errors import UnreachableError
from dashboard.ledger.sinks import Sink, mail, parse, posting
from tests.ledger.growing import ORIGIN, Tree
from tests.ledger.servers import Answer, Asked, Mailbox, http_server, running, silent_server

SECRET = "s3cret-Pa55"
SENDING = Tree(3).sending(3)


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def hook(place: str, secret: str | None = SECRET) -> Sink:
    settings = Settings(webhook_secret=SecretStr(secret) if secret else None)
    return parse(f"webhook+http://{place}/T0/{SECRET}?sig={SECRET}", settings)


def box(place: str, more: str = "&tls=none", user: str = "") -> Sink:
    settings = Settings(smtp_user=user, smtp_password=SecretStr(SECRET) if user else None)
    return parse(f"mailto:audit@example.org?server={place}&from=log@example.org{more}", settings)


def test_a_service_gets_the_checkpoint_and_who_sent_it() -> None:
    with http_server(lambda _: (202, "text/plain", b"got it\x07")) as (place, asked):
        receipt = hook(place).publish(SENDING)
        hook(place, None).publish(SENDING)
    assert (receipt["status"], receipt["answer"]) == (202, "got it\\u{7}")
    signed, unsigned = asked
    assert signed.path == f"/T0/{SECRET}?sig={SECRET}"
    expected = hmac.new(SECRET.encode(), signed.body, hashlib.sha256).hexdigest()
    assert signed.headers["x-auditlens-signature"] == f"sha256={expected}"
    assert "x-auditlens-signature" not in unsigned.headers
    sent = json.loads(signed.body)
    assert (sent["origin"], sent["tree_size"], sent["note"]) == (ORIGIN, 3, SENDING.note)
    assert sent["root"] == SENDING.checkpoint.root.hex()


@pytest.mark.parametrize("status", [301, 404, 500])
def test_a_service_that_refuses_shows_no_secret(status: int) -> None:
    def answer(asked: Asked) -> Answer:
        return status, "text/html", f"no {asked.path} here".encode()

    with (
        http_server(answer) as (place, asked),
        pytest.raises(UnreachableError, match=f"answers {status}: no ") as wrong,
    ):
        hook(place).publish(SENDING)
    assert SECRET not in str(wrong.value)
    assert len(asked) == 1  # a redirect is not followed


def test_a_service_that_is_down_or_silent_is_an_error_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreachableError, match="can't be reached") as down:
        hook("127.0.0.1:9").publish(SENDING)
    monkeypatch.setattr(posting, "TIMEOUT_S", 0.3)
    with silent_server() as place, pytest.raises(UnreachableError, match="did not answer within") as silent:
        hook(place).publish(SENDING)
    assert SECRET not in f"{down.value} {silent.value}"


def test_a_mailbox_gets_the_checkpoint_as_text_and_as_a_file() -> None:
    it = Mailbox()
    with running(it.server):
        receipt = box(it.place).publish(SENDING)
    (raw,) = it.mails
    found = message_from_bytes(raw, policy=policy.SMTP)
    assert (found["From"], found["To"]) == ("log@example.org", "audit@example.org")
    assert found["Subject"] == f"Checkpoint of {ORIGIN}: 3 events"
    assert receipt == {"message_id": found["Message-ID"], "answer": "2.0.0 queued as 4XyZ"}
    (attached,) = found.iter_attachments()  # type: ignore[attr-defined]
    body = found.get_body()  # type: ignore[attr-defined]
    assert SENDING.note in body.get_content().replace("\r\n", "\n")
    assert attached.get_content() == SENDING.note.encode()
    commands = [line.lower().partition(" size=")[0] for line in it.lines[1:3]]
    assert commands == ["mail from:<log@example.org>", "rcpt to:<audit@example.org>"]


def test_a_login_is_used_and_never_shown() -> None:
    it = Mailbox(offers=("AUTH PLAIN LOGIN",))
    with running(it.server):
        box(it.place, user="me").publish(SENDING)
    assert it.lines[1].startswith("AUTH PLAIN ")
    refusing = Mailbox(offers=("AUTH PLAIN LOGIN",), refuses="AUTH")
    with running(refusing.server), pytest.raises(UnreachableError, match=r"the server refuses: 550 5\.7\.1") as wrong:
        box(refusing.place, user="me").publish(SENDING)
    assert SECRET not in str(wrong.value)
    assert SECRET not in repr(box(it.place, user="me"))


@pytest.mark.parametrize("command", ["MAIL", "RCPT", "DATA"])
def test_a_mail_that_is_refused_is_no_receipt(command: str) -> None:
    it = Mailbox(refuses=command)
    with running(it.server), pytest.raises(UnreachableError, match=r"the server refuses: 550 5\.7\.1 not you"):
        box(it.place).publish(SENDING)
    assert it.mails == []


def test_without_encryption_nothing_is_mailed_unless_that_was_said() -> None:
    it = Mailbox(offers=("AUTH PLAIN",))
    with running(it.server), pytest.raises(UnreachableError, match="STARTTLS"):
        box(it.place, "", user="me").publish(SENDING)
    assert it.mails == []
    assert not any(line.startswith("AUTH") for line in it.lines)


def test_a_mail_server_that_is_down_or_silent_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnreachableError, match="Connection refused"):
        box("127.0.0.1:9").publish(SENDING)
    monkeypatch.setattr(mail, "TIMEOUT_S", 0.3)
    with silent_server() as place, pytest.raises(UnreachableError, match="timed out"):
        box(place).publish(SENDING)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tls")
    subject = ("-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *subject]
    subprocess.run(
        [*made, "-keyout", folder / "both.pem", "-out", folder / "cert.pem"], check=True, capture_output=True
    )
    with (folder / "both.pem").open("a") as both:
        both.write((folder / "cert.pem").read_text())
    return folder


def test_a_mail_server_must_prove_who_it_is(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Encrypted(Mailbox):
        """Speaks TLS from the first byte on."""

        def __init__(self) -> None:
            super().__init__()
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate / "both.pem")
            plain = self.server.get_request

            def get_request() -> tuple[socket.socket, object]:
                taken, address = plain()
                return context.wrap_socket(taken, server_side=True), address

            self.server.get_request = get_request  # type: ignore[assignment, method-assign]

    it = Encrypted()
    with running(it.server):
        with pytest.raises(UnreachableError, match="certificate verify failed"):
            box(it.place, "&tls=tls").publish(SENDING)
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
        box(it.place, "&tls=tls").publish(SENDING)
    assert len(it.mails) == 1
