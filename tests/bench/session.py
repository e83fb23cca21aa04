"""A Streamlit session without a browser: the websocket protocol of the page, as the frontend speaks it.

It sends the address as the page's filter, ticks for the parts of the page that renew themselves, and reads every
message of the answer.
"""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self

from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from dashboard.web.serving import bundled

_PAGE = "audit-logs"
_PATIENCE_S = 60.0
_FAILED = (":material/error:", "Traceback")


class Failed(Exception):
    """The page did not answer as it should."""


class Session:
    """One visitor. `ask` is one change of the filter; the ticks go on in between."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._link = ""
        self._ticks: dict[str, float] = {}  # fragment -> seconds between its runs
        self._due: dict[str, float] = {}
        self._answered: asyncio.Future[None] | None = None
        self._complaint = ""
        self._run = ""  # of the whole page, begun since the last change

    @classmethod
    @asynccontextmanager
    async def opened(cls, address: str) -> AsyncIterator[Self]:
        """A session for the block."""
        stream = f"{address.replace('http', 'ws', 1)}/_stcore/stream?{bundled.ASKED}=1"
        async with connect(stream, subprotocols=["streamlit"], origin=address, max_size=None) as socket:  # type: ignore[arg-type,list-item]  # plain texts
            session = cls(socket)
            tasks = [asyncio.create_task(work()) for work in (session._read, session._tick)]
            try:
                yield session
            finally:
                for task in tasks:
                    task.cancel()
                for wrong in await asyncio.gather(*tasks, return_exceptions=True):
                    if isinstance(wrong, Exception) and not isinstance(wrong, ConnectionClosed):
                        raise wrong

    async def ask(self, link: str) -> float:
        """Opens the page with this filter; says after how many seconds the last message of the answer was there.

        Raises Failed when the page shows an error, ends otherwise or does not answer in a minute.
        """
        self._link, self._complaint, self._run = link, "", ""
        self._answered = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        await self._send()
        try:
            await asyncio.wait_for(self._answered, _PATIENCE_S)
        except TimeoutError as late:
            raise Failed(f"no answer in {_PATIENCE_S:.0f} s") from late
        if self._complaint:
            raise Failed(self._complaint)
        return time.perf_counter() - began

    async def _send(self, fragment: str = "") -> None:
        message = BackMsg()
        message.rerun_script.query_string = self._link
        message.rerun_script.page_name = _PAGE
        message.rerun_script.fragment_id = fragment
        message.rerun_script.is_auto_rerun = bool(fragment)
        await self._socket.send(message.SerializeToString())

    async def _tick(self) -> None:
        """Lets the parts that renew themselves do so; not while an answer is on its way, as in the frontend."""
        while True:
            await asyncio.sleep(0.1)
            if self._answered is None or not self._answered.done():
                continue
            now = time.monotonic()
            for fragment in [name for name, moment in self._due.items() if moment <= now]:
                self._due[fragment] = now + self._ticks[fragment]
                await self._send(fragment)

    async def _read(self) -> None:
        try:
            async for frame in self._socket:
                for raw in bundled.messages_of(frame):  # type: ignore[arg-type]  # frames of this protocol are bytes
                    message = ForwardMsg()
                    message.ParseFromString(raw)
                    self._take(message)
        finally:
            self._end("the connection was closed")

    def _take(self, message: ForwardMsg) -> None:
        kind = message.WhichOneof("type")
        if kind == "new_session" and not message.metadata.run.fragment_ids:
            self._run = message.metadata.run.script_run_id
            self._ticks.clear()
            self._due.clear()
        elif kind == "auto_rerun":
            fragment, every = message.auto_rerun.fragment_id, message.auto_rerun.interval
            self._ticks[fragment], self._due[fragment] = every, time.monotonic() + every
        elif kind == "delta":
            self._look(message)
        elif kind == "script_finished" and self._run and message.metadata.run.script_run_id == self._run:
            self._finish(message.script_finished)

    def _finish(self, status: int) -> None:
        """A run that makes way for another is no answer: a tick under way when the filter changed ends so too."""
        if status == ForwardMsg.FINISHED_WITH_COMPILE_ERROR:
            self._end("the page's script does not compile")
        elif status == ForwardMsg.FINISHED_SUCCESSFULLY:
            self._end("")

    def _look(self, message: ForwardMsg) -> None:
        element = message.delta.new_element
        if element.WhichOneof("type") == "exception":
            self._complaint = element.exception.message
        elif any(mark in element.markdown.body for mark in _FAILED):
            self._complaint = element.markdown.body

    def _end(self, complaint: str) -> None:
        self._complaint = self._complaint or complaint
        if self._answered is not None and not self._answered.done():
            self._answered.set_result(None)
