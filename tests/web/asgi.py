"""A request to an ASGI app without a server."""

from collections.abc import Mapping

import httpx
from starlette.types import ASGIApp

from tests import own_loop


class Client:
    """Asks an app as a browser would."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def get(
        self,
        path: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        base_url: str = "http://log",
    ) -> httpx.Response:
        return self._ask("GET", base_url + path, params, headers)

    def head(self, path: str) -> httpx.Response:
        return self._ask("HEAD", path)

    def _ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        return own_loop.run(self._sent(method, path, params, headers))

    async def _sent(
        self, method: str, path: str, params: Mapping[str, str] | None, headers: Mapping[str, str] | None
    ) -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self._app), base_url="http://log") as client:
            return await client.request(method, path, params=params, headers=headers)
