// What can be done with what is shown: it is polished, downloaded, made a page of, and copied as Python lines or as a link.

/** Starts and stops the refinement of the shown file. @param {View} view */
function polishButton({ model, listeners }) {
  const looks = {
    ready: ["polish", "Polish", "Polish: take time for a better file at this λ"],
    running: ["stop", "Stop", "Stop polishing; the plain file stays"],
    done: ["polish", "Polished", "The file is polished"],
  };
  const each = element("button", { type: "button", class: "dcae-controls-polish" });
  function draw() {
    const state = model.get("polish");
    keepFocus(() => (each.hidden = !state));
    if (!state) return;
    const [picture, word, name] = looks[state];
    each.replaceChildren(icon(picture), word);
    each.title = name;
    each.setAttribute("aria-label", name);
    each.setAttribute("aria-disabled", String(state === "done")); // stays in the keyboard's way: the focus is on it
  }
  listeners.add(each, "click", () => {
    if (model.get("polish") !== "done") model.send({ type: "polish", begin: model.get("polish") === "ready" });
  });
  listeners.follow(model, ["polish"], draw);
  draw();
  return each;
}

/** Puts text on the clipboard; false if the browser refuses. @param {string} text @param {HTMLElement} place for a text to select */
async function copied(text, place) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // No clipboard outside a secure context (a server reached by its name over http): the old way.
  }
  const area = element("textarea", { class: "dcae-hidden", readonly: true }, text);
  const focused = /** @type {HTMLElement | null} */ (document.activeElement);
  place.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  focused?.focus();
  return done;
}

/** A link that opens this page in this state. @param {any} model */
function linkOf(model) {
  return `${location.origin}${location.pathname}?explore=${encodeURIComponent(JSON.stringify(model.get("state")))}`;
}

/** Downloads, copying, and the Python lines. @param {View} view */
function actions({ model, el, listeners, say }) {
  /** A button whose verb is shown where there is room for it. @param {keyof typeof ICONS} picture @param {string} verb @param {string} noun */
  function verbal(picture, verb, noun) {
    const words = element("span", {}, element("span", { class: "dcae-controls-verb" }, verb), element("span", { class: "dcae-controls-noun" }, noun));
    return button(verb + noun, icon(picture), words);
  }
  const downloads = { dcae: verbal("download", "Download ", ".dcae"), png: verbal("download", "Download ", "PNG") };
  const page = element("button", { type: "button", class: "dcae-controls-page" });
  const python = verbal("copy", "Copy as ", "Python");
  const more = button("Show the Python lines", icon("chevron"));
  const link = verbal("link", "Copy ", "link");
  const text = element("pre", { tabindex: 0, "aria-label": "Text to copy" });
  const close = button("Close", icon("close"));
  const panel = element("div", { class: "dcae-controls-panel", hidden: true }, text, close);
  let isCode = false;

  /** @param {string} words @param {boolean} code whether the words follow `python_code` */
  function openPanel(words, code) {
    isCode = code;
    text.textContent = words;
    panel.hidden = false;
    more.setAttribute("aria-expanded", String(code));
  }
  function closePanel() {
    isCode = false;
    panel.hidden = true;
    more.setAttribute("aria-expanded", "false");
  }
  /** @param {string} words @param {string} what @param {boolean} code */
  async function copy(words, what, code) {
    if (await copied(words, el)) return say(`Copied ${what}`);
    openPanel(words, code);
    getSelection()?.selectAllChildren(text);
    say("Press Ctrl+C to copy what is selected");
  }
  function draw() {
    keepFocus(() => {
      for (const [what, each] of Object.entries(downloads)) each.disabled = !model.get("downloads").includes(what);
      python.disabled = more.disabled = !model.get("python_code");
      link.disabled = Object.keys(model.get("state")).length === 0;
    });
    if (isCode) text.textContent = model.get("python_code");
  }
  /** A page takes half a minute: the same button stops it, and says how far it is. */
  function drawPage() {
    const state = model.get("page");
    const isRunning = state === "running";
    const share = `${Math.round(100 * model.get("page_share"))} %`;
    keepFocus(() => (page.hidden = !state));
    page.title = isRunning ? "Stop making the page" : "Make a page to share: this photo at 12 λ, one file that needs no kernel";
    page.setAttribute("aria-label", isRunning ? `Stop making the page, ${share} done` : "Download page");
    const words = element("span", {}, element("span", { class: "dcae-controls-verb" }, isRunning ? "Page " : "Download "), element("span", { class: "dcae-controls-noun" }, isRunning ? share : "page"));
    page.replaceChildren(icon(isRunning ? "stop" : "download"), words);
  }
  const asked = new Set();
  /** @param {any} content @param {DataView[]} buffers */
  function receive(content, buffers) {
    if (content.type !== "file" || !asked.delete(content.id)) return;
    const url = URL.createObjectURL(new Blob(/** @type {BlobPart[]} */ (buffers), { type: content.mime }));
    element("a", { href: url, download: content.name }).click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000); // the browser reads it after the click
  }
  /** What asks for a file, which comes back to this view alone. @param {any} message */
  function ask(message) {
    const id = `${Date.now()}-${Math.random()}`;
    asked.add(id);
    model.send({ ...message, id });
  }
  for (const [what, each] of Object.entries(downloads)) listeners.add(each, "click", () => ask({ type: "download", what }));
  listeners.add(page, "click", () => ask({ type: "page", begin: model.get("page") === "ready" }));
  listeners.add(python, "click", () => copy(model.get("python_code"), "the Python lines", true));
  listeners.add(link, "click", () => copy(linkOf(model), "the link", false));
  listeners.add(more, "click", () => (isCode ? closePanel() : openPanel(model.get("python_code"), true)));
  listeners.add(close, "click", () => (closePanel(), more.focus()));
  listeners.follow(model, ["downloads", "python_code", "state"], draw);
  model.on("msg:custom", receive);
  listeners.later(() => model.off("msg:custom", receive));
  listeners.follow(model, ["page", "page_share"], drawPage);
  closePanel();
  draw();
  drawPage();
  const code = element("div", { class: "dcae-controls-joined" }, python, more);
  return { bar: element("div", { class: "dcae-controls-actions" }, downloads.dcae, downloads.png, page, code, link), panel };
}
