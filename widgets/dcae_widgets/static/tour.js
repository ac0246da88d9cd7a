// A page's heading and its guided tour: a dialog beside what it speaks of, which stays in reach.

/** @typedef {{title: string, words: string, now: string, target: string, part: string, free: string}} Step */
/** @typedef {{left: number, top: number, right: number, bottom: number}} Box in CSS px of the window */

/** Between the dialog, what it speaks of, and the window's edges, CSS px. */
const GAP = 14;
/** Between a ring and what it is around, CSS px. */
const RING = 6;
const TARGET = "dcae-tour-target";

/** How much two boxes cover of each other, px². @param {Box} a @param {Box} b */
function overlap(a, b) {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left);
  const height = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
  return Math.max(0, width) * Math.max(0, height);
}

/** Where a dialog covers least: beside one of the boxes, or in a corner of the window.
 * @param {Box[]} spoken of these nothing, if that is possible @param {Box[]} free of these little @param {{width: number, height: number}} size */
function placeBeside(spoken, free, { width, height }) {
  const boxes = [...spoken, ...free];
  const [right, bottom] = [window.innerWidth - width - GAP, window.innerHeight - height - GAP];
  const beside = boxes.flatMap((box) => [
    [box.left, box.bottom + GAP],
    [box.left, box.top - GAP - height],
    [box.right + GAP, box.top],
    [box.left - GAP - width, box.top],
  ]);
  const corners = [[right, bottom], [GAP, bottom], [right, GAP], [GAP, GAP]];
  const inside = [...beside, ...corners].map(([left, top]) => [
    Math.max(GAP, Math.min(left, right)),
    Math.max(GAP, Math.min(top, bottom)),
  ]);
  const covered = inside.map(([left, top]) => {
    const dialog = { left, top, right: left + width, bottom: top + height };
    return boxes.reduce((sum, box) => sum + overlap(dialog, box) * (spoken.includes(box) ? 1000 : 1), 0);
  });
  return inside[covered.indexOf(Math.min(...covered))];
}

/** @param {Box} box */
function ringAround({ left, top, right, bottom }) {
  const ring = element("div", {});
  const sides = { left: left - RING, top: top - RING, width: right - left + 2 * RING, height: bottom - top + 2 * RING };
  for (const [name, px] of Object.entries(sides)) ring.style[name] = `${px}px`;
  return ring;
}

/** One view of the model. */
class TourView {
  #listeners = new Listeners();
  #open = null; // listeners of the open dialog
  #targets = [];
  #frame = 0;

  constructor({ model, el }) {
    this.model = model;
    const name = `dcae-tour-${Math.random().toString(36).slice(2)}`;
    this.start = element("button", { type: "button", class: "dcae-tour-start" }, "Show me around");
    const heading = element("div", {}, element("h1", {}, model.get("title")), element("p", {}, model.get("words")));
    this.count = element("p", { class: "dcae-tour-count" });
    this.title = element("h2", { id: `${name}-title` });
    this.words = element("p", {});
    this.now = element("p", { class: "dcae-tour-now" });
    const said = element("div", { id: `${name}-words`, "aria-live": "polite" }, this.count, this.title, this.words, this.now);
    this.back = element("button", { type: "button" }, "Back");
    this.next = element("button", { type: "button", class: "dcae-tour-next" });
    this.shut = element("button", { type: "button" }, "Close");
    const labels = { role: "dialog", tabindex: -1, "aria-labelledby": `${name}-title`, "aria-describedby": `${name}-words` };
    this.dialog = element("div", { class: "dcae-tour-dialog", popover: "manual", ...labels }, said, element("div", { class: "dcae-tour-buttons" }, this.shut, this.back, this.next));
    // Both are popovers: what is fixed would be moved and cut by the boxes around it, which Jupyter contains.
    this.rings = element("div", { class: "dcae-tour-rings", popover: "manual", "aria-hidden": "true" });
    this.root = element("header", { class: "dcae-widget dcae-tour" }, heading, this.start, this.rings, this.dialog);
    el.append(this.root);
    this.#listeners.add(this.start, "click", () => this.#go(0));
    this.#listeners.add(this.shut, "click", () => this.#go(-1));
    this.#listeners.add(this.back, "click", () => this.#go(this.step - 1));
    this.#listeners.add(this.next, "click", () => this.#go(this.step + 1));
    this.#listeners.add(this.dialog, "keydown", (event) => this.#press(event));
    keepPlainKeys(this.#listeners, this.root);
    this.#listeners.follow(model, ["step"], () => this.#draw());
    if (this.step >= 0) this.#draw();
  }

  close() {
    this.#leave();
    this.#listeners.removeAll();
    this.root.remove();
  }

  get step() {
    return this.model.get("step");
  }

  /** @returns {Step[]} */
  get steps() {
    return this.model.get("steps");
  }

  /** To a step; before the first and after the last one the tour ends. @param {number} step */
  #go(step) {
    this.model.set("step", step < this.steps.length ? step : -1);
    this.model.save_changes();
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const way = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || way === undefined) return;
    event.preventDefault();
    this.#go(Math.max(0, Math.min(this.steps.length - 1, this.step + way)));
  }

  #draw() {
    if (this.step < 0) {
      const hadFocus = this.#open !== null;
      this.#leave();
      if (hadFocus) this.start.focus();
      return;
    }
    if (!this.root.isConnected) { // what is not in the page yet, as while it is rendered, can show no popover
      this.#frame ||= requestAnimationFrame(() => {
        this.#frame = 0;
        this.#draw();
      });
      return;
    }
    const { title, words, now } = this.steps[this.step];
    const isLast = this.step === this.steps.length - 1;
    this.count.textContent = `${this.step + 1} of ${this.steps.length}`;
    this.title.textContent = title;
    this.words.textContent = words;
    this.now.textContent = now;
    this.next.textContent = isLast ? "Done" : "Next";
    const losesFocus = this.step === 0 && document.activeElement === this.back;
    this.back.hidden = this.step === 0;
    if (this.#open === null) this.#enter();
    else if (losesFocus) this.dialog.focus({ preventScroll: true });
    this.#outline();
    this.#scroll();
  }

  #enter() {
    this.#open = new Listeners();
    this.rings.showPopover();
    this.dialog.showPopover();
    this.dialog.focus({ preventScroll: true });
    // Escape ends the tour wherever the hand is, unless what it is in has a use for it.
    this.#open.add(document, "keydown", (event) => event.key === "Escape" && !event.defaultPrevented && this.#go(-1));
    this.#open.add(this.dialog, "keydown", (event) => event.key === "Escape" && this.#go(-1)); // it keeps plain keys
    for (const type of ["scroll", "resize"]) this.#open.add(window, type, () => this.#placeSoon(), { capture: true, passive: true });
    const size = new ResizeObserver(() => {
      this.#outline(); // what is spoken of may have come only now
      this.#placeSoon();
    });
    size.observe(this.#page);
    this.#open.later(() => size.disconnect());
  }

  #leave() {
    this.#open?.removeAll();
    this.#open = null;
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    for (const each of [this.dialog, this.rings]) each.hidePopover();
    for (const each of this.#targets.splice(0)) each.classList.remove(TARGET);
  }

  /** The page that the tour is of. */
  get #page() {
    return this.root.closest(".dcae-demo") ?? document.body;
  }

  #outline() {
    const found = [...this.#page.querySelectorAll(this.steps[this.step].target)];
    for (const each of this.#targets) if (!found.includes(each)) each.classList.remove(TARGET);
    for (const each of found) each.classList.add(TARGET);
    this.#targets = found;
  }

  /** The part of the page that is spoken of comes up as far as it can. */
  #scroll() {
    const isStill = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const behavior = isStill ? "auto" : "smooth";
    this.#targets[0]?.scrollIntoView({ block: this.step === 0 ? "nearest" : "start", behavior });
    this.#placeSoon();
  }

  #placeSoon() {
    this.#frame ||= requestAnimationFrame(() => this.#place());
  }

  #place() {
    this.#frame = 0;
    const boxesOf = (elements) => [...elements].map((each) => each.getBoundingClientRect()).filter(({ width }) => width);
    const boxes = boxesOf(this.#targets);
    const { free } = this.steps[this.step];
    this.rings.replaceChildren(...boxes.map(ringAround));
    const [left, top] = placeBeside(boxes, free ? boxesOf(this.#page.querySelectorAll(free)) : [], this.dialog.getBoundingClientRect());
    this.dialog.style.left = `${left}px`;
    this.dialog.style.top = `${top}px`;
  }
}

export default {
  render({ model, el }) {
    const view = new TourView({ model, el });
    return () => view.close();
  },
};
