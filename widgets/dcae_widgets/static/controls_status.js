// What goes on and what went wrong: the panel's line of words, its pane for errors, and the end of the kernel.

const CONFIRMATION_MS = 2000;
const KERNEL_GONE = "The kernel has stopped, and this explorer with it: run the cell again.";
const STATES_OF_NO_RETURN = ["restarting", "autorestarting", "terminating", "dead"]; // a kernel's, as JupyterLab names them

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
    keepFocus(() => (upload.hidden = !file));
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

/** @param {View} view */
function errorPane({ model, listeners }) {
  const words = element("p");
  const dismiss = button("Dismiss", icon("close"));
  const pane = element("div", { class: "dcae-controls-error", role: "alert", tabindex: -1 }, words, dismiss);
  function draw() {
    words.textContent = model.get("error");
    keepFocus(() => {
      pane.hidden = !model.get("error");
      dismiss.hidden = isOver(model);
    });
  }
  draw();
  listeners.follow(model, ["error"], draw);
  listeners.add(dismiss, "click", () => save(model, { error: "" }));
  return pane;
}
