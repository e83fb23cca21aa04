// The search bar's suggestions: a combobox with a list below it, as WAI-ARIA describes one. What is offered comes from
// this server; log text is put in as text, and what the line means is known there alone.
(() => {
  if (window.auditlensCompletion) return;
  window.auditlensCompletion = true;

  const BAR = 'input[placeholder^="Search:"]';
  const PAUSE = 120; // milliseconds without a key, then it is asked
  const LINE = "1px solid color-mix(in srgb, currentColor 22%, transparent)";
  const list = document.createElement("ul");
  list.id = "auditlens-offers";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Suggestions");
  Object.assign(list.style, {
    position: "fixed", zIndex: 1000000, display: "none", margin: 0, padding: ".25rem", listStyle: "none",
    boxSizing: "border-box", overflowY: "auto", border: LINE, borderRadius: ".5rem", fontSize: ".9rem", lineHeight: 1.4,
    boxShadow: "0 4px 16px color-mix(in srgb, black 16%, transparent)",
  });
  document.body.append(list);

  let bar = null; // where somebody types
  let found = null; // what was answered
  let chosen = -1;
  let timer = 0;
  let flight = null;

  const isOpen = () => list.style.display !== "none";

  function close() {
    clearTimeout(timer);
    flight?.abort();
    [found, chosen] = [null, -1];
    list.style.display = "none";
    list.replaceChildren();
    bar?.setAttribute("aria-expanded", "false");
    bar?.removeAttribute("aria-activedescendant");
  }

  async function ask() {
    flight?.abort();
    flight = new AbortController();
    const line = bar.value;
    const caret = bar.selectionStart ?? line.length;
    const query = new URLSearchParams(location.search);
    query.set("line-before", line.slice(0, caret));
    query.set("line-after", line.slice(caret));
    try {
      const answer = await fetch(`/api/complete?${query}`, { signal: flight.signal });
      const said = answer.ok ? await answer.json() : { offers: [] };
      if (bar?.value !== line || bar !== document.activeElement) return; // it was asked about another line
      if (said.offers.length) show(said);
      else close();
    } catch (wrong) {
      if (wrong.name !== "AbortError") close(); // no connection: Streamlit says so
    }
  }

  function show(said) {
    [found, chosen] = [said, -1];
    const rows = said.offers.map((offer, place) => {
      const row = document.createElement("li");
      row.id = `auditlens-offer-${place}`;
      row.setAttribute("role", "option");
      row.setAttribute("aria-selected", "false");
      Object.assign(row.style, {
        display: "flex", gap: "1rem", justifyContent: "space-between", padding: ".3rem .6rem", cursor: "pointer",
        borderRadius: ".35rem",
      });
      const [name, told] = [document.createElement("bdi"), document.createElement("span")];
      [name.textContent, told.textContent] = [offer.shown, offer.told];
      Object.assign(name.style, { overflow: "hidden", textOverflow: "ellipsis", whiteSpace: "nowrap", minWidth: 0 });
      Object.assign(told.style, { opacity: 0.75, flex: "none", fontVariantNumeric: "tabular-nums" });
      row.append(name, told);
      return row;
    });
    list.replaceChildren(...rows);
    list.scrollTop = 0;
    const page = getComputedStyle(document.querySelector("[data-testid=stApp]"));
    Object.assign(list.style, { background: page.backgroundColor, color: page.color, fontFamily: page.fontFamily });
    list.style.display = "block";
    place();
    bar.setAttribute("aria-expanded", "true");
    bar.removeAttribute("aria-activedescendant");
  }

  function place() {
    if (!isOpen() || !bar) return;
    const box = (bar.closest("[data-testid=stTextInput]") ?? bar).getBoundingClientRect();
    const width = Math.min(Math.max(box.width, 280), innerWidth - 16);
    Object.assign(list.style, {
      left: `${Math.max(8, Math.min(box.left, innerWidth - width - 8))}px`, top: `${box.bottom + 4}px`,
      width: `${width}px`, maxHeight: `${Math.max(120, Math.min(360, innerHeight - box.bottom - 16))}px`,
    });
  }

  function choose(next) {
    const rows = [...list.children];
    chosen = (next + rows.length + 1) % (rows.length + 1); // the last is none of them: what was typed
    if (chosen === rows.length) chosen = -1;
    rows.forEach((row, number) => {
      row.setAttribute("aria-selected", String(number === chosen));
      row.style.background = number === chosen ? "color-mix(in srgb, #0F9D8A 20%, transparent)" : "";
    });
    rows[chosen]?.scrollIntoView({ block: "nearest" });
    if (chosen < 0) bar.removeAttribute("aria-activedescendant");
    else bar.setAttribute("aria-activedescendant", rows[chosen].id);
  }

  function take(number) {
    const { head, tail, offers } = found;
    const text = head + offers[number].text;
    close();
    // Past React's own setter, which would take the change for its own and not tell Streamlit of it.
    Object.getOwnPropertyDescriptor(HTMLInputElement.prototype, "value").set.call(bar, text + tail);
    bar.dispatchEvent(new InputEvent("input", { bubbles: true }));
    bar.setSelectionRange(text.length, text.length);
    if (text.endsWith(":")) timer = setTimeout(ask, 0); // a name: its values are next
    else clearTimeout(timer);
  }

  const isBar = (event) => event.target instanceof Element && event.target.matches(BAR);

  function adopt(input) {
    if (bar === input && bar.getAttribute("role") === "combobox") return;
    bar = input;
    const combobox = {
      role: "combobox", autocomplete: "off", "aria-autocomplete": "list", "aria-controls": list.id,
      "aria-expanded": "false",
    };
    for (const [name, value] of Object.entries(combobox)) bar.setAttribute(name, value);
  }

  // A line that is entered brings another bar, for another filter: whoever stands in the old one goes on in the new.
  function follow(old) {
    const ended = new AbortController();
    const watch = new MutationObserver(() => {
      const [next, nobody] = [[...document.querySelectorAll(BAR)].at(-1), document.activeElement === document.body];
      if (old.isConnected || !next) return;
      ended.abort();
      if (!nobody) return;
      next.focus();
      next.setSelectionRange(next.value.length, next.value.length);
    });
    ended.signal.addEventListener("abort", () => watch.disconnect());
    for (const kind of ["pointerdown", "keydown"]) {
      addEventListener(kind, () => ended.abort(), { capture: true, signal: ended.signal });
    }
    setTimeout(() => ended.abort(), 10_000);
    watch.observe(document.body, { childList: true, subtree: true });
  }

  addEventListener("focusin", (event) => isBar(event) && adopt(event.target), true);
  addEventListener("focusout", (event) => isBar(event) && close(), true);
  addEventListener("input", (event) => {
    if (!isBar(event)) return;
    adopt(event.target);
    clearTimeout(timer);
    timer = setTimeout(ask, PAUSE);
  }, true);
  addEventListener("keydown", (event) => {
    if (!isBar(event) || event.isComposing || event.ctrlKey || event.altKey || event.metaKey) return;
    const down = event.key === "ArrowDown";
    if (down || event.key === "ArrowUp") {
      if (isOpen()) choose(chosen + (down ? 1 : -1));
      else if (down) ask();
    } else if (event.key === "Enter" && chosen >= 0) take(chosen);
    else if (event.key === "Escape" && isOpen()) close();
    else {
      if (event.key === "Enter" || event.key === "Tab") close();
      if (event.key === "Enter") follow(bar);
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation(); // Streamlit would take the line as it stands, or clear it
  }, true);
  list.addEventListener("pointerdown", (event) => {
    event.preventDefault(); // the bar keeps the focus
    const row = event.target.closest("[role=option]");
    if (row) take([...list.children].indexOf(row));
  });
  addEventListener("scroll", place, true);
  addEventListener("resize", place);
})();
