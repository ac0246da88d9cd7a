// A run's panel: its state and figures, pause and stop, and the slider of λ. It says what the hand asks for, by messages.

const ASK_MS = 150; // while the hand moves, λ is asked for so often at most
const KEY_REST_MS = 300; // after the last key the hand is taken to have stopped

/** What the buttons are called; the first is "Continue" in place of "Pause" while the run waits. */
const COMMANDS = { pause: "Pause", continue: "Continue", stop: "Stop" };
const HINTS = {
  pause: "The run waits after its current step",
  continue: "The run goes on",
  stop: "The run saves its state and ends; it can be resumed",
};

/** λ as text: the digits that matter. @param {number} lmbda */
const shown = (lmbda) => String(Number(lmbda.toPrecision(3)));

/** State, progress and buttons. @param {any} model @param {Listeners} listeners */
function statusRow(model, listeners) {
  const badge = element("span", { class: "dcae-training-badge" });
  const sentence = element("span", { class: "dcae-training-sentence" });
  const progress = element("progress", { max: 1, "aria-label": "How much of the run is done" });
  const buttons = Object.entries(COMMANDS).map(([command, name]) => {
    const button = element("button", { type: "button", title: HINTS[command], "data-command": command }, name);
    listeners.add(button, "click", () => model.send({ type: "command", command }));
    return button;
  });
  function draw() {
    const [state, commands] = [model.get("state"), model.get("commands")];
    badge.textContent = state;
    badge.dataset.state = state;
    sentence.textContent = model.get("sentence");
    sentence.title = model.get("sentence");
    const share = model.get("share");
    progress.hidden = share < 0;
    progress.value = Math.max(0, share);
    const [pause, goOn, stop] = buttons;
    keepFocus(() => {
      goOn.hidden = !commands.includes("continue");
      pause.hidden = !goOn.hidden;
      pause.disabled = !commands.includes("pause");
      stop.disabled = !commands.includes("stop");
    });
  }
  listeners.follow(model, ["state", "sentence", "commands", "share"], draw);
  draw();
  const status = element("div", { class: "dcae-training-status", role: "status" }, badge, sentence);
  return element("div", { class: "dcae-training-row" }, status, progress, element("div", { class: "dcae-training-buttons" }, ...buttons));
}

/** The figures: each in a place of its own that keeps its width. @param {any} model @param {Listeners} listeners */
function figuresRow(model, listeners) {
  const list = element("dl", { class: "dcae-training-figures" });
  function draw() {
    const figures = model.get("figures");
    while (list.children.length > figures.length) list.lastChild.remove();
    figures.forEach(([label, value], index) => {
      const place = list.children[index] ?? list.appendChild(element("div", {}, element("dt"), element("dd")));
      [place.firstChild.textContent, place.lastChild.textContent] = [label, value];
    });
  }
  listeners.follow(model, ["figures"], draw);
  draw();
  return list;
}

/** The slider, on a log scale, and what the picture is of. @param {any} model @param {Listeners} listeners */
function lmbdaRow(model, listeners) {
  const range = element("input", { type: "range", min: 0, max: 1, step: "any", "aria-label": "λ of the picture: a larger one makes a larger and better file" });
  const value = element("output", {});
  const caption = element("p", { class: "dcae-training-caption" });
  let wanted = /** @type {number | null} */ (null); // under the hand, not asked for as final yet
  let isHeld = false; // a pointer is down on the slider
  let [pending, rest] = [0, 0];

  const span = () => Math.log(model.get("lmbda_max") / model.get("lmbda_min"));
  const lmbdaAt = (at) => Number((model.get("lmbda_min") * Math.exp(at * span())).toPrecision(4));
  const placeOf = (lmbda) => (span() > 0 ? Math.min(1, Math.max(0, Math.log(lmbda / model.get("lmbda_min")) / span())) : 0);
  const ask = (final) => model.send({ type: "lmbda", lmbda: wanted, final });
  function place(lmbda) {
    value.textContent = shown(lmbda);
    range.style.setProperty("--at", String(placeOf(lmbda)));
    range.setAttribute("aria-valuetext", `λ ${shown(lmbda)}`);
  }
  function draw() {
    keepFocus(() => (range.disabled = !model.get("enabled")));
    if (wanted !== null || isHeld) return;
    range.value = String(placeOf(model.get("lmbda")));
    place(model.get("lmbda"));
  }
  function move(at) {
    wanted = lmbdaAt(at);
    place(wanted);
    pending ||= window.setTimeout(() => {
      pending = 0;
      if (wanted !== null) ask(false);
    }, ASK_MS);
  }
  function finish() {
    clearTimeout(pending);
    clearTimeout(rest);
    pending = 0;
    isHeld = false;
    if (wanted === null) return;
    ask(true);
    wanted = null;
  }
  function press(event) {
    const sign = { ArrowRight: 1, ArrowUp: 1, PageUp: 10, ArrowLeft: -1, ArrowDown: -1, PageDown: -10 }[event.key];
    const end = { Home: 0, End: 1 }[event.key];
    if ((!sign && end === undefined) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const at = end ?? Math.min(1, Math.max(0, Number(range.value) + 0.01 * sign));
    range.value = String(at);
    move(at);
    clearTimeout(rest);
    rest = window.setTimeout(finish, KEY_REST_MS);
  }
  listeners.add(range, "pointerdown", () => (isHeld = !range.disabled));
  for (const end of ["pointerup", "pointercancel"]) listeners.add(window, end, () => isHeld && finish());
  listeners.add(range, "input", () => move(Number(range.value)));
  for (const end of ["change", "blur"]) listeners.add(range, end, finish);
  listeners.add(range, "keydown", press);
  listeners.follow(model, ["lmbda", "lmbda_min", "lmbda_max", "enabled"], draw);
  const say = () => (caption.textContent = model.get("caption"));
  listeners.follow(model, ["caption"], say);
  listeners.later(() => (clearTimeout(pending), clearTimeout(rest)));
  draw();
  say();
  const label = element("label", {}, element("span", {}, "λ of the picture"), range, value);
  return element("div", { class: "dcae-training-row dcae-training-lmbda" }, label, caption);
}

/** @param {any} model @param {Listeners} listeners */
function errorPane(model, listeners) {
  const pane = element("p", { class: "dcae-training-error", role: "alert" });
  function draw() {
    pane.textContent = model.get("error");
    pane.hidden = !model.get("error");
  }
  listeners.follow(model, ["error"], draw);
  draw();
  return pane;
}

function render({ model, el }) {
  const listeners = new Listeners();
  const root = element("div", { class: "dcae-widget dcae-training-panel" });
  root.append(statusRow(model, listeners), figuresRow(model, listeners), lmbdaRow(model, listeners), errorPane(model, listeners));
  keepPlainKeys(listeners, root);
  el.append(root);
  return () => {
    listeners.removeAll();
    root.remove();
  };
}

export default { render };
