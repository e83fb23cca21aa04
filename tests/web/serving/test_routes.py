import csv
import io
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import polars as pl
import pytest
import uvicorn
from python_calamine import CalamineWorkbook
from starlette.applications import Starlette

from dashboard.events.columns import CSV_COLUMNS, SCHEMA
from dashboard.web.serving.routes import routes
from tests.web import sample
from tests.web.asgi import Client


@pytest.fixture
def client(log: sample.SampleService) -> Client:
    return Client(Starlette(routes=routes()))


def test_csv_holds_every_row_of_the_view_in_its_order(client: Client) -> None:
    answer = client.get("/api/export.csv", params={"category": "Auth", "sort": "actor:asc", "as_of": "1400"})
    assert answer.status_code == 200
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert len(rows) == 400
    keys = [(row["actor"], -int(row["seq"])) for row in rows]
    assert keys == sorted(keys)
    assert {row["category"] for row in rows} == {"Auth"}


def test_json_holds_every_field_and_ids_as_strings(client: Client) -> None:
    rows = client.get("/api/export.json", params={"action": "Login Failed", "as_of": "70"}).json()
    assert len(rows) == 10
    assert set(rows[0]) == set(SCHEMA)
    assert rows[0]["id"] == str(9_000_000_000_000_000_000 + rows[0]["seq"])
    assert json.loads(rows[0]["details"])["branch"] == "main"


def test_parquet_and_xlsx_hold_the_same_rows(client: Client) -> None:
    query = "?action=Login+Failed&as_of=700&columns=seq,actor"
    from_parquet = pl.read_parquet(client.get(f"/api/export.parquet{query}").content)
    answer = client.get(f"/api/export.xlsx{query}")
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    header, *rows = book.get_sheet_by_name("Events").to_python()
    assert header == from_parquet.columns == ["seq", "actor"]
    assert [row[0] for row in rows] == from_parquet["seq"].to_list()
    assert len(rows) == 100
    assert answer.headers["content-disposition"].endswith('asof-700.xlsx"')
    assert answer.headers["content-type"].endswith("spreadsheetml.sheet")


@pytest.mark.parametrize("kind", ["csv", "json", "ndjson", "parquet", "xlsx"])
def test_a_head_says_how_many_events_there_are_and_sends_none(client: Client, kind: str) -> None:
    answer = client.head(f"/api/export.{kind}?category=Auth&as_of=1400")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["x-auditlens-events"] == "400"
    assert answer.headers["content-disposition"].endswith(f'.{kind}"')
    assert answer.headers["cache-control"] == "no-store"
    assert client.head(f"/api/export.{kind}?nonsense=1").status_code == 400


@dataclass
class Endless:
    """An engine of events without end, that counts what is asked of it."""

    as_of: int = 7
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    erasures: int = 0
    asked: int = 0
    closed: threading.Event = field(default_factory=threading.Event)

    def batches(self, *_: object) -> Iterator[pl.DataFrame]:
        events = pl.concat([sample.frame(2_000)] * 10)
        try:
            while True:
                self.asked += 1
                yield events
        finally:
            self.closed.set()


@contextmanager
def served() -> Iterator[int]:
    """The routes behind a real server; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(Starlette(routes=routes()), log_level="error", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(30)


@pytest.mark.parametrize("kind", ["csv", "ndjson", "parquet", "xlsx"])
def test_when_the_client_goes_the_work_ends(
    log: sample.SampleService, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    engine = Endless()
    monkeypatch.setattr(log, "engine", lambda _=None: engine)
    with served() as port:
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(f"GET /api/export.{kind} HTTP/1.1\r\nhost: log\r\n\r\n".encode())
            assert client.recv(100).startswith(b"HTTP/1.1 200")
        asked = engine.asked
        assert engine.closed.wait(30)
        assert engine.asked <= asked + 10  # those whose bytes were under way, and the one being read
        ended = engine.asked
        time.sleep(0.1)
        assert engine.asked == ended


def test_all_columns_are_there_when_asked_for(client: Client) -> None:
    header = client.get("/api/export.csv?columns=all&as_of=1").text.splitlines()[0]
    assert set(header.split(",")) == set(SCHEMA)


def test_the_file_is_taken_along_not_shown_not_kept(client: Client) -> None:
    headers = client.get("/api/export.csv?as_of=7").headers
    assert headers["content-disposition"].startswith('attachment; filename="audit-log_')
    assert "asof-7.csv" in headers["content-disposition"]
    assert headers["cache-control"] == "no-store"
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/api/export.csv?nonsense=1", "'nonsense' is not a filter"),
        ("/api/export.csv?outcome=great", "outcome: 'great' is unknown"),
        ("/api/export.csv?sort=shoe:asc", "sort: 'shoe:asc' is unknown"),
        ("/api/export.csv?as_of=99999", "as_of"),
        ("/api/export.csv?columns=shoe", "columns: 'shoe' is not a column"),
        ("/api/export.exe", "'exe' is no format"),
    ],
)
def test_a_bad_link_is_refused_in_words(client: Client, path: str, said: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 400
    assert said in answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["cache-control"] == "no-store"


def test_the_address_alone_leads_to_the_overview_and_with_a_filter_to_the_log(client: Client) -> None:
    answer = client.get("/?category=Auth&actor=a%26b")
    assert answer.status_code == 307
    assert answer.headers["location"] == "audit-logs?category=Auth&actor=a%26b"
    assert client.get("/").headers["location"] == "overview"


def test_a_proof_is_a_file(client: Client) -> None:
    answer = client.get("/api/events/9000000000000000001.tlog-proof")
    assert (answer.status_code, answer.text.splitlines()[0]) == (200, "c2sp.org/tlog-proof@v1")
    assert answer.headers["content-disposition"] == 'attachment; filename="9000000000000000001.tlog-proof"'
    assert answer.headers["cache-control"] == "no-store"


def test_no_proof_of_what_is_not_there(client: Client) -> None:
    answer = client.get("/api/events/7.tlog-proof")
    assert (answer.status_code, answer.text) == (400, "There is no event 7.")


def test_evidence_is_of_the_view_and_its_state(client: Client) -> None:
    answer = client.get("/api/export.evidence?category=Auth&as_of=700")
    assert (answer.status_code, answer.text) == (200, "('Auth',) 700")
    assert answer.headers["content-disposition"].endswith('asof-700-evidence.zip"')


@pytest.mark.parametrize(
    ("query", "said"), [("nonsense=1", "'nonsense' is not a filter"), ("as_of=1", "No head of this log is signed yet.")]
)
def test_evidence_that_can_t_be_given_is_refused_in_words(client: Client, query: str, said: str) -> None:
    answer = client.get(f"/api/export.evidence?{query}")
    assert answer.status_code == 400
    assert said in answer.text
