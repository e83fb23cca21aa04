"""What a page says goes at once, and what comes within a moment is handed on together, in a browser."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from dashboard.web import serving
from dashboard.web.serving import bundled

pytestmark = pytest.mark.browser

SCRIPT = Path(serving.__file__).with_name("connection.js").read_text("utf-8")
SOCKET = """() => {
window.WebSocket = class extends EventTarget {
  constructor(address) { super(); this.address = String(address); }
  come(bytes) { this.dispatchEvent(new MessageEvent("message", {data: new Uint8Array(bytes).buffer})); }
};
}"""
LISTEN = """() => {
window.got = [];
window.socket = new WebSocket(%r, ["streamlit"]);
socket.addEventListener("message", event => got.push([Math.round(performance.now()), [...new Uint8Array(event.data)]]));
}"""
STREAM = "ws://127.0.0.1:1/base/_stcore/stream"


@pytest.fixture
def page(chromium: Browser) -> Any:
    page = chromium.new_page()
    page.evaluate(SOCKET)
    page.evaluate(SCRIPT)
    yield page
    page.close()


def got(page: Page) -> list[list[int]]:
    return [message for _, message in page.evaluate("got")]


def test_what_comes_within_a_moment_is_handed_on_together(page: Page) -> None:
    page.evaluate(LISTEN % STREAM)
    assert page.evaluate("socket.address") == f"{STREAM}?bundles=1"
    frames = [list(bundled.bundle([b"a", b"", b"bc"])), list(bundled.bundle([b"d"]))]
    at_once = page.evaluate("frames => { frames.forEach(one => socket.come(one)); return got.length }", frames)
    assert at_once == 0
    page.wait_for_function("got.length === 4")
    assert got(page) == [[97], [], [98, 99], [100]]
    moments = [moment for moment, _ in page.evaluate("got")]
    assert max(moments) - min(moments) <= 2  # ms: one task


def test_a_stream_without_a_pause_is_handed_on_all_the_same(page: Page) -> None:
    page.evaluate(LISTEN % STREAM)
    page.evaluate(
        "frame => { window.sent = 0; window.stream = setInterval(() => { sent += 1; socket.come(frame) }, 1) }",
        list(bundled.bundle([b"a"])),
    )
    page.wait_for_function("got.length > 40")
    assert page.evaluate("clearInterval(stream) ?? sent") >= page.evaluate("got.length")


def test_a_page_that_nobody_sees_gets_each_at_once(page: Page) -> None:
    page.evaluate("Object.defineProperty(document, 'hidden', {value: true})")
    page.evaluate(LISTEN % STREAM)
    assert page.evaluate("frame => { socket.come(frame); return got.length }", list(bundled.bundle([b"a", b"b"]))) == 2


def test_a_frame_of_a_whole_page_is_handed_on_at_once_behind_what_came_before(page: Page) -> None:
    page.evaluate(LISTEN % STREAM)
    frames = [list(bundled.bundle([b"a"])), list(bundled.bundle([b"b"] * 60))]
    at_once = page.evaluate("frames => { frames.forEach(one => socket.come(one)); return got.length }", frames)
    assert at_once == 61
    assert got(page) == [[97], *[[98]] * 60]


def test_what_is_kept_when_the_connection_ends_is_handed_on(page: Page) -> None:
    page.evaluate(LISTEN % STREAM)
    kept = page.evaluate(
        "frame => { socket.come(frame); const before = got.length; socket.dispatchEvent(new Event('close'));"
        " return [before, got.length] }",
        list(bundled.bundle([b"a", b"b"])),
    )
    assert kept == [0, 2]


def test_frames_of_a_server_without_bundles_stay_what_they_are(page: Page) -> None:
    page.evaluate(LISTEN % STREAM)
    for frame in ([10, 2, 8, 1], [10, 2, 8], [255] * 9):
        page.evaluate("frame => socket.come(frame)", frame)
    page.wait_for_function("got.length === 3")
    assert got(page) == [[10, 2, 8, 1], [10, 2, 8], [255] * 9]


def test_another_connection_asks_for_nothing(page: Page) -> None:
    page.evaluate(LISTEN % "wss://elsewhere.example/live?x=1")
    assert page.evaluate("socket.address") == "wss://elsewhere.example/live?x=1"


def test_a_change_is_said_in_the_same_task_and_other_timers_are_left_alone(page: Page) -> None:
    order = page.evaluate(
        """async () => {
          const order = [], page = {sendUpdateWidgetsMessage: () => order.push("said")};
          setTimeout(() => order.push("timer"), 0);
          setTimeout(() => page.sendUpdateWidgetsMessage(), 0);
          order.push("task");
          await new Promise(done => setTimeout(done, 20));
          return order;
        }"""
    )
    assert order == ["task", "said", "timer"]
