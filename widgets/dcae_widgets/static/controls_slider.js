// λ under the hand: a slider on a logarithmic scale or on stops, and its number. It asks for estimates while it is moved, then for the file.

const KEY_REST_MS = 300; // after the last key the hand is taken to have stopped
const SLIDER_DIGITS = 4; // what the slider asks for is what is shown
const MOST_LABELLED_STOPS = 10;

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

/** The slider and its number. @param {View} view @param {Node} beside what stands at their right */
function lmbdaSlider(view, beside) {
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
    const isDisabled = !model.get("enabled");
    if (range.disabled !== isDisabled) keepFocus(() => (range.disabled = field.disabled = isDisabled));
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
  return element("div", {}, element("div", { class: "dcae-controls-lmbda" }, number, smaller, track, better, beside), complaint);
}
