// How each page talks with its server: what a person does is said at once, and what comes together is shown together.
(() => {
  if (window.auditlensConnection) return;
  window.auditlensConnection = true;

  // Streamlit tells of a choice in a table 150 ms after the pointer went down: it waits for more of it, by dragging or
  // by the arrow keys. A press on the log's table chooses one cell or one header, and is told at once. What any other
  // element was told is gathered until a timer of no time, which fires behind the next frame: it is said before that.
  const STREAMLIT_WAITS = 150;
  const later = window.setTimeout;
  let pressed = -Infinity;
  addEventListener("pointerdown", (event) => {
    if (event.target instanceof Element && event.target.closest("[data-testid=stDataFrame]")) pressed = event.timeStamp;
  }, true);
  window.setTimeout = (run, wait, ...given) => {
    if (!wait && String(run).includes("sendUpdateWidgetsMessage")) return queueMicrotask(run);
    const waits = wait === STREAMLIT_WAITS && performance.now() - pressed < STREAMLIT_WAITS / 3;
    return later(run, waits ? 0 : wait, ...given);
  };

  // Streamlit's server is asked to send as one frame what leaves together (bundled.py): each message behind its length.
  function unbundled(frame) {
    const data = new DataView(frame);
    const messages = [];
    let at = 0;
    while (at + 4 <= frame.byteLength) {
      const end = at + 4 + data.getUint32(at, true);
      messages.push(frame.slice(at + 4, end));
      at = end;
    }
    return at === frame.byteLength ? messages : [frame]; // a server that knows nothing of it
  }

  // Streamlit works the whole page out anew between any two messages of its server. Those that come within a moment of
  // each other are handed on together; where nobody sees the page, each at once, for timers are slow there. A frame of
  // a whole page is handed on at once, too: its server has waited for all that belongs to it (at_once.py).
  const GAP = 5;
  const MOST = 60;
  const WHOLE = 30; // messages
  window.WebSocket = class extends WebSocket {
    constructor(address, ...protocols) {
      const asking = new URL(address, location.href);
      if (asking.pathname.endsWith("/_stcore/stream")) asking.searchParams.set("bundles", "1");
      super(asking, ...protocols);
    }

    addEventListener(name, listener, ...options) {
      if (name !== "message") return super.addEventListener(name, listener, ...options);
      const kept = [];
      let since, timer;
      const handOn = () => kept.splice(0).forEach((event) => listener.call(this, event));
      super.addEventListener("close", handOn);
      return super.addEventListener(name, (event) => {
        if (!kept.length) since = performance.now();
        const messages = event.data instanceof ArrayBuffer ? unbundled(event.data) : [event.data];
        kept.push(...messages.map((data) => new MessageEvent("message", { data, origin: event.origin })));
        clearTimeout(timer);
        const isDue = messages.length >= WHOLE || performance.now() - since > MOST;
        if (document.hidden || isDue) handOn();
        else timer = later(handOn, GAP);
      }, ...options);
    }
  };
})();
