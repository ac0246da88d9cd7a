// The explorer's panel: photo, model and λ; uploads, downloads and copying. It says what the hand asks for.

const PIECE_BYTES = 1 << 20;
const KEY_REST_MS = 300; // after the last key the hand is taken to have stopped
const CONFIRMATION_MS = 2000;
const SLIDER_DIGITS = 4; // what the slider asks for is what is shown
const MOST_LABELLED_STOPS = 10;
const KERNEL_GONE = "The kernel has stopped, and this explorer with it: run the cell again.";
const STATES_OF_NO_RETURN = ["restarting", "autorestarting", "terminating", "dead"]; // a kernel's, as JupyterLab names them

/** Shapes of 16 x 16, drawn with lines. */
const ICONS = {
  open: "M2 12.5v-9h4l1.5 2H14v7z",
  download: "M8 2v8.5M4.5 7.5 8 11l3.5-3.5M2.5 13.5h11",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  link: "M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.2-2.2a2.6 2.6 0 0 0-3.7-3.7l-.9.9M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.3 9a2.6 2.6 0 0 0 3.7 3.7l.9-.9",
  chevron: "m4.5 6.5 3.5 3.5 3.5-3.5",
  close: "m4 4 8 8M12 4l-8 8",
  polish: "M7 2.5 8.5 6 12 7.5 8.5 9 7 12.5 5.5 9 2 7.5 5.5 6zM12.5 2v3M11 3.5h3M12.5 11v3M11 12.5h3",
  stop: "M4.5 4.5h7v7h-7z",
};

/** What every part of the panel is given.
 * @typedef {{ model: any, el: HTMLElement, listeners: Listeners, say: (text: string) => void }} View */

/** Whether the kernel is gone. The page's own model says it to all views of the panel, and forgets it with the page. @param {any} model */
const isOver = (model) => model.get("error") === KERNEL_GONE;

/** Says when the kernel is gone, and lets no widget of this page send to it from then on.
 * ipywidgets' manager (8.1) tells its models of a restart alone; of a kernel that was shut down or replaced they would
 * never hear, and JupyterLab throws at whatever sends to it. @param {View} view */
function followKernel({ model, listeners }) {
  const manager = model.widget_manager;
  function end() {
    if (isOver(model)) return;
    const last = { error: KERNEL_GONE, busy: "", polish: "", page: "", enabled: false, downloads: [] };
    for (const [name, value] of Object.entries(last)) model.set(name, value);
    manager.disconnect?.();
  }
  const hear = (/** @type {any} */ _kernel, /** @type {string} */ status) => STATES_OF_NO_RETURN.includes(status) && end();
  const kernel = manager.kernel; // JupyterLab's
  kernel?.statusChanged.connect(hear);
  kernel?.disposed.connect(end);
  listeners.later(() => kernel?.statusChanged.disconnect(hear));
  listeners.later(() => kernel?.disposed.disconnect(end));
  model.on("comm_live_update", end); // it was live when it was drawn: an update says that it is no longer
  listeners.later(() => model.off("comm_live_update", end));
}

/** @param {keyof typeof ICONS} name */
function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" })) svg.setAttribute(key, value);
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button whose whole name is `name`; what is shown of it may be shorter. @param {string} name @param {...(Node|string)} content */
function button(name, ...content) {
  return element("button", { type: "button", "aria-label": name, title: name }, ...content);
}

/** Sets traits and sends them in one message. @param {any} model @param {Record<string, any>} traits */
function save(model, traits) {
  for (const [name, value] of Object.entries(traits)) model.set(name, value);
  model.save_changes();
}

/** A labelled menu of names that follows the traits `list` and `chosen`. @param {View} view @param {string} label @param {string} list @param {string} chosen @param {Node[]} [after] more options */
function nameMenu({ model, listeners }, label, list, chosen, after = []) {
  const select = element("select", { "aria-label": label });
  function draw() {
    const [names, current] = [model.get(list), model.get(chosen)];
    const all = names.includes(current) || !current ? names : [current, ...names];
    select.replaceChildren(...all.map((name) => element("option", { value: name }, name.replaceAll("_", " "))), ...after);
    select.value = current;
    select.title = `${label}: ${current}`;
  }
  draw();
  listeners.follow(model, [list, chosen], draw);
  return { select, draw };
}

/** @param {View} view @param {(files: File[]) => void} take */
function photoSource(view, take) {
  const { model, listeners } = view;
  const { select } = nameMenu(view, "Photo", "photos", "photo");
  const picker = element("input", { type: "file", accept: "image/*,.dcae", hidden: true, tabindex: -1 });
  const open = button("Open… a photo or a .dcae file", icon("open"), element("span", {}, "Open…"));
  listeners.add(select, "change", () => save(model, { photo: select.value }));
  listeners.add(open, "click", () => picker.click());
  listeners.add(picker, "change", () => {
    take([...picker.files]);
    picker.value = ""; // the same file may be picked again
  });
  return element("div", { class: "dcae-controls-source" }, element("span", { "aria-hidden": "true" }, "Photo"), select, open, picker);
}

/** The models' menu, whose last entry is a path that is typed in. @param {View} view */
function modelSource(view) {
  const { model, listeners } = view;
  const byPath = element("option", { value: "a path or folder…" }, "a path or folder…");
  const { select, draw } = nameMenu(view, "Model", "models", "model", [byPath]);
  const path = element("input", {
    type: "text",
    placeholder: "a path or folder…",
    "aria-label": "Path of a checkpoint, or of a folder of fixed-λ checkpoints",
    spellcheck: "false",
    autocomplete: "off",
  });
  const use = element("button", { type: "submit" }, "Use");
  const cancel = button("Back to the menu", icon("close"));
  const form = element("form", { class: "dcae-controls-path", hidden: true }, path, use, cancel);

  function typePath(/** @type {boolean} */ open) {
    form.hidden = !open;
    select.hidden = open;
    draw();
    (open ? path : select).focus();
  }
  listeners.add(select, "change", () => {
    if (select.selectedOptions[0] === byPath) typePath(true);
    else save(model, { model: select.value });
  });
  listeners.add(form, "submit", (event) => {
    event.preventDefault();
    const typed = path.value.trim();
    if (typed) save(model, { model: typed });
    typePath(false);
  });
  listeners.add(form, "keydown", (event) => event.key === "Escape" && typePath(false));
  listeners.add(cancel, "click", () => typePath(false));
  return element("div", { class: "dcae-controls-source" }, element("span", { "aria-hidden": "true" }, "Model"), select, form);
}

/** What our picture is compared with: the photo, or another codec's picture. @param {View} view */
function otherSource({ model, el, listeners }) {
  const select = element("select", { class: "dcae-controls-other", "aria-label": "Compare with" });
  function draw() {
    const [names, current] = [model.get("others"), model.get("other")];
    const options = ["", ...names].map((name) => element("option", { value: name }, `against ${name || "the photo"}`));
    select.replaceChildren(...options);
    select.value = current;
    select.title = current ? `Compared with a file of ${current} that has at most as many bytes` : "Compared with the photo";
    select.hidden = !names.length;
    el.classList.toggle("dcae-controls-compares", names.length > 0);
  }
  draw();
  listeners.follow(model, ["others", "other"], draw);
  listeners.add(select, "change", () => save(model, { other: select.value }));
  return select;
}

/** λ as text: the digits that matter. @param {number} lmbda */
const shown = (lmbda) => String(Number(lmbda.toPrecision(6)));

/** Where each λ stands on the slider, from 0 to 1, and back. @param {any} model */
function scaleOf(model) {
  const [low, high, stops] = [model.get("lmbda_min"), model.get("lmbda_max"), model.get("stops")];
  const span = Math.log(high / low);
  const clamped = (/** @type {number} */ lmbda) => Math.min(high, Math.max(low, lmbda));
  const position = (/** @type {number} */ lmbda) => (span > 0 ? Math.log(clamped(lmbda) / low) / span : 0);
  const distance = (/** @type {number} */ stop, /** @type {number} */ at) => Math.abs(position(stop) - at);
  /** The legal λ nearest to a place on the slider. @param {number} at @returns {number} */
  function lmbdaAt(at) {
    if (stops.length) return stops.reduce((best, stop) => (distance(stop, at) < distance(best, at) ? stop : best));
    return clamped(Number((low * Math.exp(at * span)).toPrecision(SLIDER_DIGITS)));
  }
  return { low, high, stops, position, lmbdaAt };
}

/** Where a key leads from λ, or undefined for a key without a meaning here. @param {KeyboardEvent} event @param {number} lmbda @param {ReturnType<typeof scaleOf>} scale */
function lmbdaOfKey({ key, shiftKey }, lmbda, scale) {
  const sign = { ArrowRight: 1, ArrowUp: 1, PageUp: 1, ArrowLeft: -1, ArrowDown: -1, PageDown: -1 }[key];
  if (key === "Home" || key === "End") return key === "Home" ? scale.low : scale.high;
  if (!sign) return undefined;
  const isPage = key.startsWith("Page");
  if (!scale.stops.length) return scale.lmbdaAt(Math.min(1, Math.max(0, scale.position(lmbda) + sign * (isPage ? 0.1 : shiftKey ? 0.002 : 0.01))));
  const index = scale.stops.indexOf(scale.lmbdaAt(scale.position(lmbda))) + sign * (isPage ? 3 : 1);
  return scale.stops[Math.min(scale.stops.length - 1, Math.max(0, index))];
}

/** Marks under the slider: its stops, or the powers of ten and both ends. @param {ReturnType<typeof scaleOf>} scale */
function ticksOf({ low, high, stops, position }) {
  const tens = [-6, -5, -4, -3, -2, -1, 0, 1, 2, 3].map((power) => Number(`1e${power}`));
  const inside = tens.filter((ten) => position(ten) > 0.04 && position(ten) < 0.96);
  const marks = stops.length ? stops : [low, ...inside, high];
  return marks.map((lmbda, index) => {
    const isLabelled = marks.length <= MOST_LABELLED_STOPS || index === 0 || index === marks.length - 1;
    const tick = element("span", {}, isLabelled ? shown(lmbda) : "");
    tick.style.setProperty("--at", position(lmbda));
    return tick;
  });
}

/** The slider and its number. @param {View} view */
function lmbdaSlider(view) {
  const { model, el, listeners } = view;
  const range = element("input", { type: "range", min: 0, max: 1, step: "any", "aria-label": "λ: a larger one makes a larger and better file" });
  const ticks = element("div", { class: "dcae-controls-ticks", "aria-hidden": "true" });
  const field = element("input", { type: "text", inputmode: "decimal", "aria-label": "λ as a number", autocomplete: "off", spellcheck: "false" });
  const complaint = element("p", { class: "dcae-controls-complaint", role: "alert", hidden: true });
  let isHeld = false; // a pointer is down on the slider: its thumb is the hand's
  let isTyped = false;
  let wanted = /** @type {number | null} */ (null); // where the hand is, not asked for as final yet
  let [frame, rest] = [0, 0];

  function ask(/** @type {number} */ lmbda, /** @type {boolean} */ final) {
    const serial = (model.get("request").serial ?? 0) + 1;
    save(model, { lmbda, request: { serial, lmbda, final } });
  }
  function finish() {
    cancelAnimationFrame(frame);
    clearTimeout(rest);
    [frame, rest] = [0, 0];
    if (wanted === null) return;
    const lmbda = wanted;
    wanted = null;
    ask(lmbda, true);
  }
  function place(/** @type {number} */ lmbda) {
    const at = scaleOf(model).position(lmbda);
    range.value = String(at);
    range.style.setProperty("--at", String(at));
    range.setAttribute("aria-valuetext", `λ ${shown(lmbda)}`);
    if (!isTyped) field.value = shown(lmbda);
  }
  function complain(/** @type {string} */ words) {
    complaint.textContent = words;
    complaint.hidden = !words;
    field.setAttribute("aria-invalid", String(Boolean(words)));
  }
  function draw() {
    if (!isHeld) place(wanted ?? model.get("lmbda"));
    range.disabled = field.disabled = !model.get("enabled");
  }
  function drawScale() {
    ticks.replaceChildren(...ticksOf(scaleOf(model)));
    isTyped = false;
    complain("");
    draw();
  }
  function follow() {
    isTyped = false;
    complain("");
    wanted = scaleOf(model).lmbdaAt(Number(range.value));
    place(wanted);
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      if (wanted !== null && wanted !== model.get("request").lmbda) ask(wanted, false);
    });
  }
  function release() {
    if (!isHeld) return;
    isHeld = false;
    finish();
    draw();
  }
  function press(/** @type {KeyboardEvent} */ event) {
    const lmbda = lmbdaOfKey(event, wanted ?? model.get("lmbda"), scaleOf(model));
    if (lmbda === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    isTyped = false;
    complain("");
    wanted = lmbda;
    place(lmbda);
    ask(lmbda, false);
    clearTimeout(rest);
    rest = window.setTimeout(finish, KEY_REST_MS);
  }
  function apply() {
    if (!isTyped) return;
    const { low, high, stops } = scaleOf(model);
    const typed = Number(field.value.trim().replace(",", ".") || NaN);
    const stop = stops.find((each) => shown(each) === shown(typed));
    if (stops.length ? stop === undefined : !(typed >= low && typed <= high)) {
      const legal = stops.length ? `one of ${stops.map(shown).join(", ")}` : `a number from ${shown(low)} to ${shown(high)}`;
      return complain(`λ is ${field.value.trim() || "empty"}; it must be ${legal}.`);
    }
    isTyped = false;
    complain("");
    wanted = stop ?? typed;
    place(wanted);
    finish();
  }
  function revert() {
    isTyped = false;
    complain("");
    draw();
  }

  listeners.add(range, "pointerdown", () => (isHeld = !range.disabled));
  for (const end of ["pointerup", "pointercancel"]) listeners.add(window, end, release);
  listeners.add(range, "input", follow);
  for (const end of ["change", "blur"]) listeners.add(range, end, finish);
  listeners.add(range, "keydown", press);
  listeners.add(field, "input", () => (isTyped = true));
  listeners.add(field, "change", apply);
  listeners.add(field, "keydown", (event) => {
    if (event.key === "Enter") apply();
    if (event.key === "Escape") revert();
  });
  listeners.follow(model, ["lmbda", "enabled"], draw);
  listeners.follow(model, ["lmbda_min", "lmbda_max", "stops"], drawScale);
  listeners.later(finish);
  drawScale();
  const track = element("div", { class: "dcae-controls-track" }, range, ticks);
  const [smaller, better] = ["smaller file", "better picture"].map((words) => element("span", { class: "dcae-controls-end", "aria-hidden": "true" }, words));
  const number = element("label", { class: "dcae-controls-number" }, element("span", {}, "λ"), field);
  return element("div", {}, element("div", { class: "dcae-controls-lmbda" }, number, smaller, track, better, polishButton(view)), complaint);
}

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
    each.hidden = !state;
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

/** What is being done, an upload's progress, a short confirmation: one place that never moves. @param {View} view */
function statusLine({ model, listeners }) {
  const words = element("span");
  const busy = element("div", { class: "dcae-controls-busy", role: "status" }, element("i", { "aria-hidden": "true" }), words);
  const progress = element("progress", { max: 1 });
  const [name, amount] = [element("span"), element("span", { class: "dcae-controls-amount" })];
  const cancel = button("Cancel the upload", icon("close"));
  const upload = element("div", { class: "dcae-controls-upload", hidden: true }, name, amount, progress, cancel);
  let [confirmation, timer] = ["", 0];

  function draw() {
    const text = confirmation || model.get("busy");
    words.textContent = text;
    words.title = text;
    busy.classList.toggle("dcae-controls-working", !confirmation && text !== "");
  }
  /** @param {string} text */
  function say(text) {
    clearTimeout(timer);
    confirmation = text;
    timer = window.setTimeout(() => ((confirmation = ""), draw()), CONFIRMATION_MS);
    draw();
  }
  /** @param {File | null} file @param {number} [sent] bytes */
  function showUpload(file, sent = 0) {
    upload.hidden = !file;
    busy.hidden = Boolean(file);
    if (!file) return;
    const megabytes = (/** @type {number} */ bytes) => (bytes / 1e6).toFixed(1);
    name.textContent = name.title = file.name;
    amount.textContent = `${megabytes(sent)} of ${megabytes(file.size)} MB`;
    progress.value = file.size ? sent / file.size : 0;
    progress.setAttribute("aria-label", `Upload of ${file.name}`);
  }
  draw();
  listeners.follow(model, ["busy"], draw);
  listeners.later(() => clearTimeout(timer));
  return { line: element("div", { class: "dcae-controls-status" }, busy, upload), say, showUpload, cancel };
}

/** Files go to Python in pieces, each after the one before has arrived. @param {View} view @param {ReturnType<typeof statusLine>} status @returns {(files: File[]) => void} */
function uploader({ model, listeners, say }, status) {
  let current = /** @type {{ id: string, file: File } | null} */ (null);

  function end() {
    current = null;
    status.showUpload(null);
  }
  function cancel() {
    if (current && !isOver(model)) model.send({ type: "upload-cancel", id: current.id });
    end();
  }
  /** @param {number} index */
  async function sendPiece(index) {
    const { id, file } = /** @type {{ id: string, file: File }} */ (current);
    const begin = index * PIECE_BYTES;
    if (begin >= file.size) return end();
    status.showUpload(file, begin);
    try {
      const piece = await file.slice(begin, begin + PIECE_BYTES).arrayBuffer();
      if (current?.id === id) model.send({ type: "upload-piece", id, index }, undefined, [piece]);
    } catch {
      if (current?.id !== id) return;
      cancel();
      save(model, { error: `${file.name} cannot be read. A folder is opened by its path, in the model menu.` });
    }
  }
  /** @param {any} content */
  function receive(content) {
    if (!current || content.id !== current.id) return;
    if (content.type === "upload-ack") sendPiece(content.index + 1);
    if (content.type === "upload-refused") end();
  }
  model.on("msg:custom", receive);
  listeners.later(() => model.off("msg:custom", receive));
  listeners.later(() => current && cancel());
  listeners.follow(model, ["error"], () => isOver(model) && end());
  listeners.add(status.cancel, "click", cancel);
  return (files) => {
    if (!files.length || isOver(model)) return;
    if (current) cancel();
    const [file] = files;
    current = { id: `${Date.now()}-${Math.random()}`, file };
    status.showUpload(file);
    if (files.length > 1) say(`Of ${files.length} files the first is opened`);
    model.send({ type: "upload-begin", id: current.id, name: file.name, size: file.size });
  };
}

/** Files may be dropped anywhere on the explorer around the panel, and pasted where the focus is inside. @param {View} view @param {(files: File[]) => void} take */
function dropAndPaste({ model, el, listeners }, take) {
  const overlay = element("div", { class: "dcae-widget dcae-controls-drop", "aria-hidden": "true" }, element("p", {}, "Drop a photo, or a .dcae file"));
  const explorer = () => /** @type {HTMLElement} */ (el.closest(".dcae-explorer") ?? el);
  const isMine = (/** @type {Event} */ event) => event.target instanceof Node && explorer().contains(event.target);
  function show(/** @type {boolean} */ visible) {
    if (!visible) return overlay.remove();
    explorer().classList.add("dcae-controls-target");
    if (!overlay.isConnected) explorer().append(overlay);
  }
  // At the document, since the explorer is put around the panel only after the panel has been drawn.
  listeners.add(document, "dragover", (event) => {
    const accepted = isMine(event) && event.dataTransfer.types.includes("Files");
    show(accepted && !isOver(model));
    if (!accepted) return;
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = isOver(model) ? "none" : "copy";
  }, true);
  listeners.add(document, "dragleave", (event) => event.relatedTarget === null && show(false), true);
  listeners.add(document, "drop", (event) => {
    show(false);
    if (!isMine(event) || !event.dataTransfer.files.length) return;
    event.preventDefault();
    event.stopPropagation();
    take([...event.dataTransfer.files]);
  }, true);
  listeners.add(document, "paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const isFree = event.target === document.body && document.querySelector(".dcae-explorer") === explorer();
    const isText = event.target.matches?.("input, textarea") && event.clipboardData?.types.includes("text/plain"); // of a spreadsheet, a picture comes along
    if (!files.length || isText || !(isMine(event) || isFree)) return;
    event.preventDefault();
    event.stopPropagation();
    take(files);
  }, true);
  listeners.later(() => show(false));
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
    for (const [what, each] of Object.entries(downloads)) each.disabled = !model.get("downloads").includes(what);
    python.disabled = more.disabled = !model.get("python_code");
    link.disabled = Object.keys(model.get("state")).length === 0;
    if (isCode) text.textContent = model.get("python_code");
  }
  /** A page takes half a minute: the same button stops it, and says how far it is. */
  function drawPage() {
    const state = model.get("page");
    const isRunning = state === "running";
    const share = `${Math.round(100 * model.get("page_share"))} %`;
    page.hidden = !state;
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

/** @param {View} view */
function errorPane({ model, listeners }) {
  const words = element("p");
  const dismiss = button("Dismiss", icon("close"));
  const pane = element("div", { class: "dcae-controls-error", role: "alert" }, words, dismiss);
  function draw() {
    words.textContent = model.get("error");
    pane.hidden = !model.get("error");
    dismiss.hidden = isOver(model);
  }
  draw();
  listeners.follow(model, ["error"], draw);
  listeners.add(dismiss, "click", () => save(model, { error: "" }));
  return pane;
}

/** The state in a URL's query, or null. @param {string} url */
function stateOfUrl(url) {
  try {
    const { pathname, searchParams } = new URL(url, location.href);
    const isThisPage = pathname.split("/").pop() === location.pathname.split("/").pop(); // JupyterLab may open another notebook
    return isThisPage ? JSON.parse(searchParams.get("explore") ?? "null") : null;
  } catch {
    return null; // somebody's broken link opens the page as it is
  }
}

/** This tab's memory of the page: {load: the page load that wrote it, state}. */
const memory = {
  key: () => `dcae-explorer:${location.pathname}`,
  read() {
    try {
      return JSON.parse(sessionStorage.getItem(memory.key()) ?? "{}");
    } catch {
      return {}; // no storage here, or something else's
    }
  },
  /** @param {object | null} state */
  write(state) {
    try {
      sessionStorage.setItem(memory.key(), JSON.stringify({ load: performance.timeOrigin, state }));
    } catch {
      // No storage here: a reload then begins anew.
    }
  },
};

/** What is to be shown, once a page load: for a new explorer the state before a reload, else the link's; one that lives on
 * in the kernel follows only a link that has just been opened. @param {boolean} fresh */
function stateToRestore(fresh) {
  const { load, state = null } = memory.read();
  if (load === performance.timeOrigin) return null; // written by an explorer of this page load: the cell was run again
  const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  const ofLink = stateOfUrl(location.href) ?? stateOfUrl(navigation?.name ?? ""); // JupyterLab takes the query off the URL
  const isBack = navigation?.type === "reload" || navigation?.type === "back_forward";
  const restored = fresh ? ((isBack ? state : null) ?? ofLink) : isBack ? null : ofLink;
  memory.write(restored ?? state);
  return restored;
}

/** @param {View} view */
function remember({ model, listeners }) {
  listeners.follow(model, ["state"], () => memory.write(model.get("state")));
  const fresh = model.get("fresh");
  if (fresh) save(model, { fresh: false });
  const state = stateToRestore(fresh);
  if (state) model.send({ type: "restore", state });
}

function render({ model, el }) {
  const listeners = new Listeners();
  const status = statusLine({ model, el, listeners, say: () => {} });
  const view = { model, el, listeners, say: status.say };
  const take = uploader(view, status);
  const { bar, panel } = actions(view);
  el.classList.add("dcae-widget", "dcae-controls");
  const sources = element("div", { class: "dcae-controls-sources" }, photoSource(view, take), modelSource(view), otherSource(view));
  const [row, slider] = [element("div", { class: "dcae-controls-row" }, sources, status.line, bar), lmbdaSlider(view)];
  el.append(row, slider, errorPane(view), panel);
  const drawEnd = () => (row.inert = slider.inert = isOver(model));
  drawEnd();
  listeners.follow(model, ["error"], drawEnd);
  keepPlainKeys(listeners, el);
  dropAndPaste(view, take);
  followKernel(view);
  if (!isOver(model)) remember(view);
  return () => {
    listeners.removeAll();
    el.replaceChildren();
  };
}

export default { render };
