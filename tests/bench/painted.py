"""Measures in a page from a person's act to the frame that shows its effect.

A script in the page notes when a pointer or the Enter key was let go, and each time something of the watched parts is
drawn anew: a text on the table's canvas, a shape of a chart's SVG, a caption. The act is over with the frame after the
last of these before everything rests; so a part that is drawn twice counts with its second time. What a canvas holds
for screen readers is painted nowhere and does not count: the table writes it 200 ms after it was drawn.

Nobody asks the page for its texts before it rests: to lay them out for an answer costs the time that is measured.
"""

import time
from collections.abc import Callable

from playwright.sync_api import Page

REST_MS = 700
_PATIENCE_S = 60.0
_WATCH = """
([watched]) => {
  const seen = window.seen = {acted: 0, drawn: 0, painted: 0, draws: 0, awaits: false};
  const act = event => { if (event.type !== 'keydown' || event.key === 'Enter') seen.acted = event.timeStamp };
  for (const name of ['pointerup', 'keydown']) window.addEventListener(name, act, true);
  const changed = () => {
    seen.drawn = performance.now(); seen.draws += 1;
    if (seen.awaits) return;  // one frame for all that is drawn until it
    seen.awaits = true;
    requestAnimationFrame(() => {
      seen.awaits = false;
      const after = new MessageChannel();
      after.port1.onmessage = () => { seen.painted = performance.now() };
      after.port2.postMessage(0);
    });
  };
  const within = node => {
    const element = node.nodeType === 1 ? node : node.parentElement;
    return element?.closest(watched) && !element.closest('canvas');
  };
  new MutationObserver(all => {
    const shown = all.filter(one => one.type !== 'attributes' || one.target.closest('svg.marks'));
    if (shown.some(one => within(one.target))) changed();
  }).observe(document.body, {subtree: true, childList: true, characterData: true, attributes: true});
  const write = CanvasRenderingContext2D.prototype.fillText;
  CanvasRenderingContext2D.prototype.fillText = function (...given) {
    if (this.canvas.isConnected && this.canvas.closest(watched)) changed();
    return write.apply(this, given);
  };
}
"""


class TimedPage:
    """A page whose watched parts, named by a CSS selector, are looked at."""

    def __init__(self, page: Page, watched: str) -> None:
        self.page = page
        self._watched = watched
        self._script = f"({_WATCH})([{watched!r}])"

    def watch(self) -> None:
        """Begins to look, in the page as it is now; again after each navigation."""
        self.page.evaluate(self._script)
        self.rest()

    def rest(self) -> None:
        """Waits until nothing is drawn."""
        self.page.wait_for_function(
            "rest => performance.now() - Math.max(seen.drawn, seen.acted) > rest",
            arg=REST_MS,
            polling=50,
            timeout=60_000,
        )

    def seconds(self, act: Callable[[], None], is_shown: Callable[[], bool]) -> float:
        """From the act to the last frame that it changed; `is_shown` tells whether the page shows what was asked."""
        self.rest()
        self.page.evaluate("() => { seen.acted = 0; seen.drawn = 0; seen.painted = 0 }")
        act()
        until = time.monotonic() + _PATIENCE_S
        self.rest()
        while not is_shown():  # what a pointer lights up is drawn at once, and is no answer
            assert time.monotonic() < until, self.page.url
            self.page.wait_for_timeout(REST_MS)
            self.rest()
        acted, painted = self.page.evaluate("() => [seen.acted, seen.painted]")
        assert 0 < acted < painted
        return (float(painted) - float(acted)) / 1000
