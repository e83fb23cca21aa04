"""Each page brings our scripts before Streamlit's own, whatever the browser has kept; nothing else is touched."""

from pathlib import Path

import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from dashboard.web.serving.browser_files import CONNECTION, PAGE
from dashboard.web.serving.first_script import FirstScript
from tests.web.asgi import Client

INDEX = Path(streamlit.__file__).parent / "static" / "index.html"
BROWSER = {"accept": "text/html,*/*;q=0.8", "accept-encoding": "gzip"}
TAG = f'<script src="{CONNECTION}"></script><script src="{PAGE}"></script>'


async def _page(request: Request) -> Response:
    if "if-none-match" in request.headers:
        return Response(status_code=304)
    return FileResponse(INDEX, headers={"cache-control": "no-cache"})


async def _text(request: Request) -> Response:
    return PlainTextResponse("<head>")


async def _wrong(request: Request) -> Response:
    return HTMLResponse("<head>", status_code=404)


async def _nothing(request: Request) -> Response:
    return StreamingResponse(iter(()), media_type="text/html")


def client() -> Client:
    routes = [Route("/page", _page), Route("/text", _text), Route("/wrong", _wrong), Route("/nothing", _nothing)]
    return Client(Starlette(routes=routes, middleware=[Middleware(FirstScript), Middleware(GZipMiddleware)]))


def test_streamlits_page_has_it_first() -> None:
    for headers in (BROWSER, BROWSER | {"if-none-match": '"kept"'}, {"accept-encoding": "identity"}):
        answer = client().get("/page", headers=headers)
        assert answer.status_code == 200
        assert answer.text == INDEX.read_text("utf-8").replace("<head>", f"<head>{TAG}", 1)
        assert answer.text.index("<script") == answer.text.index(TAG)
        assert int(answer.headers["content-length"]) == len(answer.content)
        assert not {"etag", "last-modified"} & set(answer.headers)


def test_all_else_is_as_it_was() -> None:
    assert client().get("/text", headers=BROWSER).text == "<head>"
    assert client().get("/nothing", headers=BROWSER).text == ""
    assert client().get("/wrong", headers=BROWSER).text == "<head>"
    assert client().get("/page", headers={"if-none-match": '"kept"'}).status_code == 304
    packed = client().get("/page", headers={"accept-encoding": "gzip"})  # no browser's request for a page
    assert packed.headers["content-encoding"] == "gzip"
    assert TAG not in packed.text


def test_asked_for_the_head_alone_it_tells_the_same_length() -> None:
    assert (
        client().head("/page").headers["content-length"]
        == client().get("/page", headers=BROWSER).headers["content-length"]
    )
