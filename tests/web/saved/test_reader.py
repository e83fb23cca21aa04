"""The cookie that tells browsers apart where nobody signs in."""

import re

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from dashboard.web.saved import reader
from dashboard.web.saved.reader import COOKIE, ReaderCookie
from tests.web.asgi import Client

SECRET = "s" * 43


async def _page(_: object) -> HTMLResponse:
    return HTMLResponse("<p>")


async def _file(_: object) -> PlainTextResponse:
    return PlainTextResponse("x")


APP = Starlette(routes=[Route("/", _page), Route("/file", _file)], middleware=[Middleware(ReaderCookie)])


def asked(cookie: str | None = None, scheme: str = "http") -> httpx.Response:
    return Client(APP).get("/", headers={"cookie": cookie} if cookie else None, base_url=f"{scheme}://log")


def test_a_page_gives_a_secret_that_no_script_and_no_other_site_gets_and_a_file_gives_none() -> None:
    first, second = (asked().headers["set-cookie"] for _ in range(2))
    assert re.fullmatch(rf"{COOKIE}=[\w-]{{43}}; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax", first)
    assert first != second
    assert "set-cookie" not in Client(APP).get("/file").headers
    assert asked(scheme="https").headers["set-cookie"].endswith("; Secure")


def test_a_browser_keeps_its_secret() -> None:
    assert asked(f"a=b; {COOKIE}={SECRET}; c=d").headers["set-cookie"].startswith(f"{COOKIE}={SECRET};")


def test_a_page_that_the_browser_has_already_brings_the_secret_too() -> None:
    answer = Client(APP).get("/file", headers={"sec-fetch-dest": "document"})
    assert COOKIE in answer.headers["set-cookie"]


@pytest.mark.parametrize("sent", [f"{COOKIE}=short", f"{COOKIE}={'%' * 43}", f"{COOKIE}=", ";;=", "x" * 5000])
def test_what_is_no_secret_of_ours_is_replaced(sent: str) -> None:
    given = asked(sent).headers["set-cookie"]
    assert re.match(rf"{COOKIE}=[\w-]{{43}};", given)
    assert SECRET not in given


def test_two_readers_have_two_keys_and_an_account_is_no_browser() -> None:
    keys = {reader._key(kind, who) for kind in ("account", "browser") for who in (SECRET, "t" * 43)}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}
    assert reader.NOBODY not in keys
