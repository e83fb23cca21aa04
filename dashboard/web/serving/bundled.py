"""Messages that leave together arrive together: those of one moment are one frame of the page's connection.

Streamlit sends each part of a page in a frame of its own, and the browser begins a task for each: seventy for one
click, 20 ms before the first is worked out. A page that asks for it, as `connection.js` does, gets bundles instead: of
each message its length (4 bytes, the lowest first), then itself.
"""

import asyncio
import functools
import struct
from typing import Any

from streamlit.web.server.starlette.starlette_websocket import StarletteSessionClient

ASKED = "bundles"
"""The parameter of the connection's address that asks for bundles."""

_LENGTH = struct.Struct("<I")
_MOST_BYTES = 1 << 20  # the message that reaches it is the bundle's last


def install() -> None:
    """Gives every connection that asks for bundles a queue that makes them."""
    if not hasattr(StarletteSessionClient.__init__, "__wrapped__"):
        StarletteSessionClient.__init__ = _bundling(StarletteSessionClient.__init__)  # type: ignore[method-assign]


def bundle(messages: list[bytes]) -> bytes:
    """One frame of these messages."""
    return b"".join(part for message in messages for part in (_LENGTH.pack(len(message)), message))


def messages_of(frame: bytes) -> list[bytes]:
    """The messages of a bundle."""
    found, at = [], 0
    while at < len(frame):
        (length,) = _LENGTH.unpack_from(frame, at)
        at += _LENGTH.size + length
        found.append(frame[at - length : at])
    return found


class BundlingQueue(asyncio.Queue[bytes]):
    """A queue of messages whose `get` brings all that come without a pause, as one bundle."""

    async def get(self) -> bytes:
        messages = [await super().get()]
        size = len(messages[0])
        while size < _MOST_BYTES:
            await asyncio.sleep(0)  # the server puts one message a turn
            if self.empty():
                break
            messages.append(self.get_nowait())
            size += len(messages[-1])
        return bundle(messages)


def _bundling(begin: Any) -> Any:
    @functools.wraps(begin)
    def wrapped(client: StarletteSessionClient, websocket: Any) -> None:
        begin(client, websocket)
        if ASKED in websocket.query_params:
            client._send_queue = BundlingQueue(client._send_queue.maxsize)  # before the sender takes its first turn

    return wrapped
