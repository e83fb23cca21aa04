"""Headers that are added to every HTTP response, as pure ASGI."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from starlette.types import ASGIApp, Message, Receive, Scope, Send

Headers = Sequence[tuple[bytes, bytes]]


class AddedHeaders(ABC):
    """Passes everything on, and adds what `added` says to the head of each HTTP response."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    @abstractmethod
    def added(self, scope: Scope, given: Headers) -> Headers:
        """The headers to add to a response that has these."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = list(message.get("headers", ()))
                message = {**message, "headers": [*given, *self.added(scope, given)]}
            await send(message)

        await self.app(scope, receive, send_with_headers)
