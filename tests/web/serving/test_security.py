import base64
import hashlib
import re
from pathlib import Path

import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from dashboard import web
from dashboard.web.serving import browser_files, security
from tests.web.asgi import Client


def test_the_one_inline_script_of_streamlit_is_the_one_we_allow() -> None:
    page = (Path(streamlit.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    scripts = re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL)
    hashes = [f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}" for script in scripts]
    assert hashes == [security.SCRIPT_HASH]


def test_every_response_carries_the_headers_and_keeps_its_own() -> None:
    async def own(_: object) -> PlainTextResponse:
        return PlainTextResponse("x", headers={"referrer-policy": "no-referrer"})

    app = Starlette(routes=[Route("/", own)], middleware=[Middleware(security.SecurityHeaders)])
    answer = Client(app).get("/")
    assert {name: answer.headers[name] for name in security.HEADERS} == security.HEADERS | {
        "referrer-policy": "no-referrer"
    }
    assert "unsafe-eval" not in security.HEADERS["content-security-policy"]
    assert Client(app).get("/nowhere").headers["x-content-type-options"] == "nosniff"


def test_our_scripts_come_from_here_and_are_the_only_ones_that_pages_may_run() -> None:
    client = Client(Starlette(routes=browser_files.routes()))
    scripts = {path: client.get(path) for path in (browser_files.KEYS, browser_files.COMPLETION, browser_files.PAGE)}
    for answer in scripts.values():
        assert answer.headers["content-type"].startswith("text/javascript")
        assert not [word for word in ("innerHTML", "insertAdjacent", "eval(", "document.write") if word in answer.text]
    assert client.get(browser_files.STYLE).headers["content-type"].startswith("text/css")
    sources = {path.name: path.read_text("utf-8") for path in Path(web.__file__).parent.rglob("*.py")}
    assert [name for name, text in sources.items() if "unsafe_allow_javascript" in text] == ["browser_files.py"]
    assert "unsafe_allow_html" not in "".join(sources.values())
