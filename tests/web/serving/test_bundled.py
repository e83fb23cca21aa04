"""What leaves together is one frame where the page asks for it, and a frame of its own elsewhere."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.web.server.starlette.starlette_websocket import StarletteSessionClient

from dashboard.web.serving import bundled
from tests import own_loop


class Socket:
    """A connection as the server has it."""

    def __init__(self, **asked: str) -> None:
        self.query_params = asked
        self.headers: dict[str, str] = {}
        self.cookies: dict[str, str] = {}
        self.client = SimpleNamespace(host="127.0.0.1")
        self.frames: list[bytes] = []

    async def send_bytes(self, frame: bytes) -> None:
        self.frames.append(frame)


@pytest.fixture(autouse=True)
def installed() -> None:
    bundled.install()


def message(name: str) -> ForwardMsg:
    written = ForwardMsg()
    written.page_config_changed.title = name
    return written


def sent(socket: Socket, *lots: list[str]) -> None:
    """Sends lots of messages as the runtime's loop does: one a turn, with a pause between the lots."""

    async def run() -> None:
        client: Any = StarletteSessionClient(socket)  # type: ignore[arg-type]  # as much of one as it needs
        for lot in lots:
            for name in lot:
                client.write_forward_msg(message(name))
                await asyncio.sleep(0)
            await asyncio.sleep(0.01)
        await client.aclose()

    own_loop.run(run())


def titles(frame: bytes) -> list[str]:
    return [ForwardMsg.FromString(one).page_config_changed.title for one in bundled.messages_of(frame)]


def test_each_lot_is_a_frame_and_its_order_stays() -> None:
    socket = Socket(bundles="1")
    lots = [[f"{lot}.{number}" for number in range(lot * 40 + 1)] for lot in range(3)]
    sent(socket, *lots)
    assert [titles(frame) for frame in socket.frames] == lots


def test_who_does_not_ask_gets_streamlits_own_frames() -> None:
    socket = Socket()
    sent(socket, ["one", "two"])
    assert [ForwardMsg.FromString(frame).page_config_changed.title for frame in socket.frames] == ["one", "two"]


def test_a_frame_has_its_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundled, "_MOST_BYTES", 100)
    socket = Socket(bundles="1")
    names = [f"{number:050}" for number in range(7)]
    sent(socket, names)
    assert [name for frame in socket.frames for name in titles(frame)] == names
    assert all(len(titles(frame)) <= 2 for frame in socket.frames)


def test_a_bundle_is_what_it_was_made_of() -> None:
    for messages in ([], [b""], [b"one", b"", b"\x00" * 70_000]):
        assert bundled.messages_of(bundled.bundle(messages)) == messages
