// The log by the keyboard: a cursor over the table's rows, and a way into the search. It reads nothing of what the log
// says: rows are ids, and what it does a click or a link could do too. No key is taken while somebody types, chooses in
// a menu or holds Ctrl, Alt or Meta.
(() => {
  if (window.auditlensKeys) return;
  window.auditlensKeys = true;

  const TYPES = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable=true]";
  const MENUS = "[role=listbox], [role=menu], [role=combobox]";
  const CHOOSES = "[role=slider], [role=radiogroup], [role=tablist]"; // by arrows
  const ACTS = "a[href], button, summary, [role=button], input";
  const mark = document.createElement("div");
  Object.assign(mark.style, {
    position: "fixed", pointerEvents: "none", zIndex: 1, display: "none", boxSizing: "border-box",
    borderInlineStart: "3px solid #0F9D8A", background: "color-mix(in srgb, #0F9D8A 12%, transparent)",
  });
  mark.className = "auditlens-cursor";
  document.body.append(mark);
  let row = -1;
  let listed = "";
  let viewed;
  let walking = false; // from row to row: Enter is then the row's, wherever the focus was left

  const rows = () => document.querySelector(".st-key-keys [data-ids]");
  const grid = () => document.querySelector('[class*="st-key-log-table"] [data-testid=stDataFrame]');
  const drawer = () => document.querySelector("[role=dialog]");
  const ids = () => {
    const now = rows()?.dataset.ids ?? "";
    if (now !== listed) [listed, row] = [now, -1]; // other rows: the cursor stands on none of them
    return now ? now.split(",") : [];
  };

  function draw() {
    const found = ids();
    const scroller = grid()?.querySelector(".dvn-scroller");
    const view = rows()?.dataset.view;
    if (view && view !== viewed) { // other rows are read from their top, in the table that stays
      if (viewed && scroller) scroller.scrollTop = 0;
      viewed = view;
    }
    if (row < 0 || row >= found.length || !scroller || drawer()) {
      mark.style.display = "none";
      return;
    }
    const { header, height } = rows().dataset;
    const box = scroller.getBoundingClientRect();
    const top = box.top + Number(header) + row * Number(height) - scroller.scrollTop;
    const [high, low] = [Math.max(top, box.top + Number(header)), Math.min(top + Number(height), box.bottom)];
    Object.assign(mark.style, {
      display: low > high ? "block" : "none",
      left: `${box.left}px`, width: `${scroller.clientWidth}px`, top: `${high}px`, height: `${low - high}px`,
    });
  }

  function move(by) {
    const found = ids();
    const scroller = grid()?.querySelector(".dvn-scroller");
    if (!found.length || !scroller) return false;
    const { header, height } = rows().dataset;
    walking = true;
    row = Math.min(Math.max(row < 0 ? Math.round(scroller.scrollTop / height) : row + by, 0), found.length - 1);
    const room = scroller.clientHeight - header;
    if (row * height < scroller.scrollTop) scroller.scrollTop = row * height;
    if ((row + 1) * height > scroller.scrollTop + room) scroller.scrollTop = (row + 1) * height - room;
    draw();
    return true;
  }

  function open() {
    const id = ids()[row];
    if (id === undefined) return false;
    const link = new URL(location.href);
    link.searchParams.set("event", id);
    history.pushState(null, "", link);
    dispatchEvent(new PopStateEvent("popstate")); // Streamlit reads the link again, as after the Back button
    return true;
  }

  function press(selector) {
    const button = document.querySelector(selector);
    if (!button || button.disabled) return false;
    button.scrollIntoView({ block: "nearest" });
    button.click();
    return true;
  }

  function search() {
    const bar = document.querySelector('input[placeholder^="Search:"]');
    if (!bar) return false;
    bar.focus();
    bar.select();
    keep(bar);
    return true;
  }

  // A drawer on its way out gives the focus back to where it was, maybe after it came here: it is taken back once,
  // unless a person took it.
  function keep(bar) {
    const ended = new AbortController();
    const leave = (event) => ["pointerdown", "Tab", "Escape"].includes(event.key ?? event.type) && ended.abort();
    for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, leave, { capture: true, signal: ended.signal });
    const back = () => ended.signal.aborted || bar.focus();
    bar.addEventListener("blur", () => setTimeout(back), { once: true, signal: ended.signal });
    setTimeout(() => ended.abort(), 3000);
  }

  function act(key, target) {
    if (drawer()) {
      if (key === "j") return press(".st-key-step-next button");
      return key === "k" && press(".st-key-step-previous button");
    }
    if (key === "/") return search();
    if (key === "?") return press(".st-key-keys-help button");
    if (key === "j" || key === "ArrowDown") return move(1);
    if (key === "k" || key === "ArrowUp") return move(-1);
    return key === "Enter" && (walking || !target.closest(ACTS)) && open();
  }

  addEventListener("keydown", (event) => {
    const target = event.target instanceof Element ? event.target : document.body;
    if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
    if (target.closest(TYPES)) {
      if (event.key === "Escape" && target.getAttribute("aria-expanded") !== "true") target.blur();
      return;
    }
    if (target.closest(MENUS) || document.querySelector("[data-testid=stPopoverBody]")) return;
    if (event.key.startsWith("Arrow") && target.closest(CHOOSES)) return;
    if (!act(event.key, target)) return;
    event.preventDefault();
    event.stopImmediatePropagation(); // the grid would move a selection of its own, and open what it comes to
  }, true);
  // The grid that Tab leads to chooses a cell, and a chosen cell opens its event: nobody asked for that.
  let tabbed = false;
  for (const kind of ["keydown", "pointerdown"]) {
    addEventListener(kind, (event) => {
      tabbed = event.key === "Tab";
      if (tabbed || kind === "pointerdown") walking = false;
    }, true);
  }
  for (const kind of ["focus", "focusin"]) {
    addEventListener(kind, (event) => {
      if (tabbed && event.target instanceof Element && grid()?.contains(event.target)) event.stopImmediatePropagation();
    }, true);
  }
  addEventListener("scroll", draw, true);
  addEventListener("resize", draw);
  new MutationObserver(draw).observe(document.body, { childList: true, subtree: true });
})();
