// What each page can do beside Streamlit: a chart as an SVG file, and a page that is fit for paper. It knows nothing of
// the log; a file is made of what the browser has drawn already, and nothing but shapes and texts goes into it.
(() => {
  if (window.auditlensPage) return;
  window.auditlensPage = true;

  const style = Object.assign(document.createElement("link"), { rel: "stylesheet", href: "/api/page.css" });
  document.head.append(style);

  // A link to the page that is open, such as the sidebar's: Streamlit shows what it asks for and leaves the address as
  // it was. It is gone to as by the Back button, which is followed whatever was asked a moment ago.
  addEventListener("click", (event) => {
    const link = event.target instanceof Element && event.target.closest("a[data-testid=stPageLink-NavLink]");
    const elsewhere = event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (!link || elsewhere || link.pathname !== location.pathname || link.search === location.search) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    history.pushState(null, "", link.href);
    dispatchEvent(new PopStateEvent("popstate"));
  }, true);

  // Paper is white: what is drawn in pixels is turned around where the page is dark.
  addEventListener("beforeprint", () => {
    const page = document.querySelector("[data-testid=stApp]");
    document.documentElement.dataset.printed = getComputedStyle(page).colorScheme;
  });
  addEventListener("afterprint", () => delete document.documentElement.dataset.printed);

  const SVG = "http://www.w3.org/2000/svg";
  const KEPT = "svg g path rect line circle text tspan defs clipPath linearGradient stop".split(" ");
  const MARGIN = 12;
  const LINE = 18;

  function element(name, attributes, text) {
    const made = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    return made;
  }

  // Shapes and texts alone: no link, no script, no style of another document.
  function copied(node) {
    const copy = element(node.localName, {}, undefined);
    for (const { name, value } of node.attributes) {
      const local = !/^(on|href|xlink:href|class|aria-|tabindex)/i.test(name) && !/url\((?!["']?#)/i.test(value);
      if (local && name !== "xmlns" && !name.startsWith("xmlns:")) copy.setAttribute(name, value);
    }
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) copy.append(child.data);
      else if (KEPT.includes(child.localName)) copy.append(copied(child));
    }
    return copy;
  }

  function lines(text, width) {
    const pen = document.createElement("canvas").getContext("2d");
    pen.font = "12px sans-serif";
    const found = [""];
    for (const word of text.split(/\s+/)) {
      const longer = `${found.at(-1)} ${word}`.trim();
      if (pen.measureText(longer).width <= width || !found.at(-1)) found[found.length - 1] = longer;
      else found.push(word);
    }
    return found;
  }

  // The card's title, what is said below it, the chart, and what it is of: the page's address holds filter and state.
  function picture(chart) {
    const drawn = chart.querySelector("svg.marks");
    const card = chart.closest('[data-testid=stVerticalBlock][class*="st-key-"]') ?? chart;
    const title = card.querySelector("h5, [data-testid=stMetricLabel]")?.innerText.trim() || document.title;
    const said = card.querySelector("[data-testid=stCaptionContainer]")?.innerText.trim() ?? "";
    const { width, height } = drawn.getBoundingClientRect();
    const page = getComputedStyle(document.querySelector("[data-testid=stApp]"));
    const head = [title, ...(said ? lines(said, width) : [])];
    const now = new Date().toISOString().slice(0, 16).replace("T", " ");
    const foot = lines(`${document.title}, saved ${now} UTC`, width);
    const told = `${chart.querySelector("[aria-label]")?.ariaLabel ?? ""} ${location.href}`.trim();
    const top = MARGIN + head.length * LINE + 6;
    const size = [width + 2 * MARGIN, top + height + foot.length * LINE + MARGIN];
    const whole = element("svg", {
      width: size[0], height: size[1], viewBox: `0 0 ${size.join(" ")}`, "font-family": "sans-serif", "font-size": 12,
    });
    whole.append(
      element("title", {}, title), element("desc", {}, told),
      element("rect", { width: size[0], height: size[1], fill: page.backgroundColor }),
      ...head.map((text, number) => element("text", {
        x: MARGIN, y: MARGIN + (number + 0.7) * LINE, fill: page.color,
        ...(number ? {} : { "font-size": 15, "font-weight": 600 }),
      }, text)),
    );
    const inner = copied(drawn);
    for (const [key, value] of Object.entries({ x: MARGIN, y: top, width, height })) inner.setAttribute(key, value);
    whole.append(inner, ...foot.map((text, number) => element("text", {
      x: MARGIN, y: top + height + (number + 0.9) * LINE, fill: page.color, "fill-opacity": 0.75, "font-size": 11,
    }, text)));
    return [title, `<?xml version="1.0" encoding="UTF-8"?>\n${new XMLSerializer().serializeToString(whole)}\n`];
  }

  function save(chart) {
    const [title, text] = picture(chart);
    const name = title.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "") || "chart";
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "image/svg+xml" }));
    link.download = `${name}.svg`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  }

  // A button beside the chart's own for PNG, as soon as somebody comes near: by pointer, by finger or by Tab.
  function offer(event) {
    const frame = event.target instanceof Element && event.target.closest("[data-testid=stFullScreenFrame]");
    const chart = frame && frame.querySelector("[data-testid=stVegaLiteChart]");
    const png = chart && frame.querySelector('[data-testid=stElementToolbar] button[aria-label^="Download as PNG"]');
    if (!png || !chart.querySelector("svg.marks") || frame.querySelector("[data-auditlens-svg]")) return;
    const place = png.closest("[data-testid=stElementToolbarButton]") ?? png;
    const added = place.cloneNode(true);
    const button = added.matches("button") ? added : added.querySelector("button");
    added.dataset.auditlensSvg = "";
    button.removeAttribute("id");
    button.setAttribute("aria-label", png.getAttribute("aria-label").replace("PNG", "SVG"));
    button.title = "Download as SVG";
    button.replaceChildren(Object.assign(document.createElement("span"), { textContent: "SVG" }));
    Object.assign(button.firstChild.style, { fontSize: ".7rem", fontWeight: 600 });
    button.addEventListener("click", () => chart.querySelector("svg.marks") && save(chart));
    place.after(added);
  }

  for (const kind of ["pointerover", "focusin"]) addEventListener(kind, offer, true);
})();
