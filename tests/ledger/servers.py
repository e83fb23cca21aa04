"""Small servers on this machine that sinks speak to, each as its standard says, or wrong on wish."""

import base64
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dashboard.ledger.cosignature import Cosigner, cosign
from dashboard.ledger.note import BadNote, Checkpoint, Verifier, open_note
from dashboard.ledger.tlog import EMPTY_ROOT, check_consistency

Answer = tuple[int, str, bytes]
"""Status, content type, body."""


@dataclass
class Asked:
    """A request that came."""

    path: str
    headers: dict[str, str]
    body: bytes


@contextmanager
def http_server(answer: Callable[[Asked], Answer]) -> Iterator[tuple[str, list[Asked]]]:
    """Serves on a free port: (host:port, the requests that came)."""
    asked: list[Asked] = []

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            asked.append(Asked(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
            status, kind, said = answer(asked[-1])
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(said)))
            if status == 401:
                self.send_header("www-authenticate", 'Basic realm="x"')
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = handle_any  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    with running(server):
        yield f"127.0.0.1:{server.server_port}", asked


@contextmanager
def running(server: socketserver.BaseServer) -> Iterator[None]:
    """Serves in a thread for the block."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class Witness:
    """A C2SP witness that knows one log."""

    log: Verifier
    origin: str
    key: Ed25519PrivateKey = field(default_factory=Ed25519PrivateKey.generate)
    name: str = "witness.example/w1"
    size: int = 0
    root: bytes = EMPTY_ROOT
    moment: int = field(default_factory=lambda: int(time.time()))

    @property
    def vkey(self) -> str:
        return Cosigner.of(self.name, self.key.public_key().public_bytes_raw()).vkey

    def answer(self, asked: Asked) -> Answer:
        if not asked.path.endswith("/add-checkpoint"):
            return 404, "text/plain", b"not here\n"
        head, _, note = asked.body.decode().partition("\n\n")
        old_line, *proof = head.split("\n")
        if not old_line.startswith("old ") or len(proof) > 63:
            return 400, "text/plain", b"bad request\n"
        old = int(old_line.removeprefix("old "))
        try:
            checkpoint = Checkpoint.parse(open_note(note, [self.log])[0])
        except BadNote:
            return 403, "text/plain", b"who are you\n"
        if checkpoint.origin != self.origin:
            return 404, "text/plain", b"unknown log\n"
        return self._judge(checkpoint, old, [base64.b64decode(line, validate=True) for line in proof])

    def _judge(self, checkpoint: Checkpoint, old: int, proof: list[bytes]) -> Answer:
        if old > checkpoint.size:
            return 400, "text/plain", b"old is larger\n"
        if old != self.size or (old == checkpoint.size and self.root != checkpoint.root):
            return 409, "text/x.tlog.size", f"{self.size}\n".encode()
        if not check_consistency(old, checkpoint.size, proof, self.root, checkpoint.root):
            return 422, "text/plain", b"no\n"
        self.size, self.root = checkpoint.size, checkpoint.root
        return 200, "text/plain; charset=utf-8", cosign(checkpoint.text, self.name, self.key, self.moment).encode()


class Mailbox:
    """An SMTP server that takes mail without encryption, or refuses at one of the commands."""

    def __init__(self, *, refuses: str = "", offers: tuple[str, ...] = ()) -> None:
        self.refuses = refuses
        self.names = ("mail.example", *offers)
        self.lines: list[str] = []
        self.mails: list[bytes] = []
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                self._say("220 mail.example ESMTP")
                while line := self.rfile.readline():
                    for reply in outer.replies(line.decode().strip()):
                        self._say(reply)
                        if reply.startswith("354"):
                            self._take()

            def _take(self) -> None:
                mail = b""
                while (line := self.rfile.readline()) != b".\r\n":
                    mail += line.removeprefix(b".") if line.startswith(b"..") else line
                outer.mails.append(mail)
                self._say("250 2.0.0 queued as 4XyZ")

            def _say(self, text: str) -> None:
                self.wfile.write(text.encode() + b"\r\n")

        self.server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self.place = f"127.0.0.1:{self.server.server_address[1]}"

    def replies(self, line: str) -> list[str]:
        self.lines.append(line)
        verb = line.partition(" ")[0].upper()
        if verb == self.refuses:
            return [f"550 5.7.1 not you: {line}"]
        if verb == "EHLO":
            return [*(f"250-{name}" for name in self.names[:-1]), f"250 {self.names[-1]}"]
        return [{"AUTH": "235 2.7.0 welcome", "DATA": "354 go on", "QUIT": "221 bye"}.get(verb, "250 2.1.0 fine")]


@contextmanager
def silent_server() -> Iterator[str]:
    """Takes connections and never says a word."""
    stop = threading.Event()

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            stop.wait(30)

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    with running(server):
        yield f"127.0.0.1:{server.server_address[1]}"
        stop.set()
