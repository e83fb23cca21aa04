"""Our scripts that run before Streamlit's own: tags in the head of every page, as pure ASGI.

Streamlit has no setting for it. What a page writes itself runs when the page is up, and by then the connection to the
server that connection.js looks after is open.
"""

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dashboard.web.serving.browser_files import CONNECTION, PAGE

_HEAD = b"<head>"
_TAGS = "".join(f'<script src="{script}"></script>' for script in (CONNECTION, PAGE)).encode()
_SHORT_CUTS = (b"if-none-match", b"if-modified-since", b"range", b"accept-encoding")


class FirstScript:
    """Adds the tags to each HTML page; all else passes untouched."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        page = _Page(send)
        await self.app(_whole(scope), receive, page.send)


class _Page:
    """One response: an HTML page is gathered to its end and sent with the tags."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._start: Message | None = None
        self._body = b""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start" and _is_html(message):
            self._start = message
        elif self._start is None or message["type"] != "http.response.body":
            await self._send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._finish(self._start)

    async def _finish(self, start: Message) -> None:
        headers = MutableHeaders(raw=list(start["headers"]))
        if self._body:  # none answers a HEAD
            self._body = self._body.replace(_HEAD, _HEAD + _TAGS, 1)
            headers["content-length"] = str(len(self._body))
        elif "content-length" in headers:
            headers["content-length"] = str(int(headers["content-length"]) + len(_TAGS))
        for name in ("etag", "last-modified", "accept-ranges"):  # they are of the page without the tags
            del headers[name]
        await self._send({**start, "headers": headers.raw})
        await self._send({"type": "http.response.body", "body": self._body})


def _is_html(start: Message) -> bool:
    headers = Headers(raw=start.get("headers", []))
    html = headers.get("content-type", "").startswith("text/html")
    return html and start["status"] == 200 and "content-encoding" not in headers


def _whole(scope: Scope) -> Scope:
    """The request; a browser's for a page is answered with all of it, uncompressed, also where it has kept one."""
    if "text/html" not in Headers(scope=scope).get("accept", ""):
        return scope
    return {**scope, "headers": [pair for pair in scope["headers"] if pair[0].lower() not in _SHORT_CUTS]}
