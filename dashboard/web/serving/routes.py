"""The HTTP routes beside the pages: the way to the log, proofs, and the export of a view in constant memory."""

from collections.abc import AsyncIterator, Generator, Sequence

from anyio import CancelScope
from starlette.concurrency import iterate_in_threadpool, run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from dashboard import export
from dashboard.errors import AuditlensError, Exit, UsageError
from dashboard.export.evidence import evidence_name
from dashboard.query import views
from dashboard.query.engine import Engine
from dashboard.web import url
from dashboard.web.log import completion
from dashboard.web.serving import browser_files, service
from dashboard.web.serving.piped import piped

_NO_STORE = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
_STATUS = {Exit.WRONG_USE: 400, Exit.UNREACHABLE: 503}


def routes() -> list[Route]:
    """What the server answers beside Streamlit's own paths."""
    return [
        Route("/", to_a_page),
        *browser_files.routes(),
        Route(completion.PATH, send_offers),
        Route("/api/export.evidence", send_evidence),
        Route("/api/export.{kind:str}", send_export),
        Route("/api/events/{event_id:int}.tlog-proof", send_proof),
    ]


async def to_a_page(request: Request) -> Response:
    """The address alone leads to the overview; with a filter, which goes along, to the log."""
    query = request.url.query
    return RedirectResponse(f"audit-logs?{query}" if query else "overview", headers={"cache-control": "no-store"})


async def send_export(request: Request) -> Response:
    """`GET /api/export.csv|json|ndjson|parquet|xlsx?<filter>&sort=…&as_of=…&columns=…`: all rows of a view, in order.

    Each chunk is made in a thread when the one before it has left: the event loop never waits, nothing piles up, and
    when the client goes the chunk in the making is the last. `HEAD` says how many events there are, and sends none.
    """
    pairs = request.query_params.multi_items()
    try:
        kind = _kind(request.path_params["kind"])
        if request.method == "HEAD":
            name, events = await run_in_threadpool(_counted, kind, pairs)
            headers = {**_file(name), "x-auditlens-events": str(events)}
            return Response(media_type=export.KINDS[kind].media_type, headers=headers)
        name, chunks = await run_in_threadpool(_opened, kind, pairs)
    except AuditlensError as wrong:
        return _refused(wrong)
    return _Streamed(chunks, export.KINDS[kind].media_type, name)


async def send_evidence(request: Request) -> Response:
    """`GET /api/export.evidence?<filter>&as_of=…`: a zip of the view's rows that proves them."""
    try:
        name, chunks = await run_in_threadpool(_evidence, request.query_params.multi_items())
    except AuditlensError as wrong:
        return _refused(wrong)
    return _Streamed(chunks, "application/zip", name)


async def send_proof(request: Request) -> Response:
    """`GET /api/events/<id>.tlog-proof`: the proof that the log holds an event, with its row."""
    event_id: int = request.path_params["event_id"]
    try:
        proof = await run_in_threadpool(service.current().proof, event_id)
    except AuditlensError as wrong:
        return _refused(wrong)
    return Response(proof, media_type="text/plain; charset=utf-8", headers=_file(f"{event_id}.tlog-proof"))


async def send_offers(request: Request) -> Response:
    """`GET /api/complete?<link>&line-before=…&line-after=…`: what the search bar offers at its caret."""
    try:
        found = await run_in_threadpool(completion.complete, request.query_params.multi_items())
    except AuditlensError as wrong:
        return _refused(wrong)
    return JSONResponse(found, headers=_NO_STORE)


class _Streamed(StreamingResponse):
    """A file in chunks; whatever ends the response, a client that goes away above all, ends the making of them."""

    def __init__(self, chunks: Generator[bytes], media_type: str, name: str) -> None:
        super().__init__(_closed_after(chunks), media_type=media_type, headers=_file(name))


async def _closed_after(chunks: Generator[bytes]) -> AsyncIterator[bytes]:
    try:
        async for chunk in iterate_in_threadpool(chunks):
            yield chunk
    finally:
        with CancelScope(shield=True):
            await run_in_threadpool(chunks.close)


def _file(name: str) -> dict[str, str]:
    return {**_NO_STORE, "content-disposition": f'attachment; filename="{name}"'}


def _refused(wrong: AuditlensError) -> Response:
    return PlainTextResponse(str(wrong), _STATUS.get(wrong.exit, 500), headers=_NO_STORE)


def _kind(text: str) -> export.Format:
    if text not in set(export.Format):
        raise UsageError(f"{text[:16]!r} is no format of an export", f"There are {', '.join(export.Format)}.")
    return export.Format(text)


def _opened(kind: export.Format, pairs: Sequence[tuple[str, str]]) -> tuple[str, Generator[bytes]]:
    """The file's name and its bytes; raises UsageError for a link that can't be read, before anything is sent."""
    view, engine, columns = _asked(kind, pairs)
    origin = export.Origin.of(engine, service.current().log_id, view.filter.at(engine.now), view.sort)
    return export.file_name(engine.as_of, engine.now, kind), export.stream(engine, origin, kind, columns)


def _counted(kind: export.Format, pairs: Sequence[tuple[str, str]]) -> tuple[str, int]:
    """The file's name and how many events it would hold."""
    view, engine, _ = _asked(kind, pairs)
    return export.file_name(engine.as_of, engine.now, kind), views.count(engine, view.filter)


def _asked(kind: export.Format, pairs: Sequence[tuple[str, str]]) -> tuple[url.View, Engine, tuple[str, ...]]:
    asked = [text for name, text in pairs if name == "columns"]
    columns = export.chosen_columns(kind, ",".join(asked) or None)
    view = url.parse([pair for pair in pairs if pair[0] != "columns"])
    return view, service.current().engine(view.as_of), columns


def _evidence(pairs: Sequence[tuple[str, str]]) -> tuple[str, Generator[bytes]]:
    """As `_opened`; the first piece is made before anything is sent, so that what is wrong is said in words."""
    view, log = url.parse(pairs), service.current()
    engine = log.engine(view.as_of)
    name = evidence_name(engine.as_of, engine.now)
    return name, piped(log.evidence(view.filter.at(engine.now), engine.as_of))
