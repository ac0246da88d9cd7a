// The rate-distortion plot: a thin layer over Plotly.react. It draws what the traits say and knows nothing of codecs. Its parts are
// files of their own, which Python puts in front of this one.

const RD_TRAITS = ["curves", "references", "groups", "measure", "rate_scale", "anchor", "rates", "rated", "note", "point", "marks", "title"];

/** Which curves, which measure, which scale. @param {any} model @param {Listeners} listeners */
function rdBar(model, listeners) {
  const set = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const toggles = Object.entries(GROUP_WORDS).map(([group, text]) => {
    const toggle = element("button", { type: "button", title: GROUP_HELP[group], "data-group": group }, text);
    listeners.add(toggle, "click", () => {
      const before = model.get("groups");
      const after = Object.keys(GROUP_WORDS).filter((each) => before.includes(each) !== (each === group));
      if (after.length) set("groups", after);
    });
    return toggle;
  });
  const groups = element("div", { class: "dcae-rd-groups", role: "group", "aria-label": "Curves of" }, ...toggles);
  const options = Object.entries(MEASURES).map(([value, { name }]) => element("option", { value }, name));
  const measure = element("select", { "aria-label": "Measure", title: "How good a picture is, in dB" }, ...options);
  const log = element("button", { type: "button", title: "Logarithmic rate" }, "log");
  listeners.add(measure, "change", () => set("measure", measure.value));
  listeners.add(log, "click", () => set("rate_scale", model.get("rate_scale") === "log" ? "linear" : "log"));
  function draw() {
    const there = new Set(["photo", ...model.get("references").map(({ group }) => group)]);
    groups.hidden = there.size < 2;
    for (const toggle of toggles) {
      toggle.hidden = !there.has(toggle.dataset.group);
      toggle.setAttribute("aria-pressed", String(model.get("groups").includes(toggle.dataset.group)));
    }
    measure.value = model.get("measure");
    log.setAttribute("aria-pressed", String(model.get("rate_scale") === "log"));
  }
  listeners.follow(model, ["references", "groups", "measure", "rate_scale"], draw);
  draw();
  return element("div", { class: "dcae-rd-bar" }, groups, element("div", { class: "dcae-rd-axes" }, measure, log));
}

/** One place on a page where a model's plot is drawn. */
class RdPlotView {
  #model;
  #listeners = new Listeners();
  #place;
  #legend;
  #note = element("p", { class: "dcae-rd-note", role: "status" });
  #rows = element("div", { class: "dcae-plot-rows" });
  #table = element("details", { class: "dcae-plot-numbers" }, element("summary", {}, "The numbers as a table"), this.#rows);
  #root = element("div", { class: "dcae-widget dcae-rd-plot" });
  #ranges = null; // what the axes were drawn with; null: they are free
  #lit = ""; // the key of the curve under the pointer in the legend
  #hears = false;

  /** @param {any} model @param {HTMLElement} el */
  constructor(model, el) {
    this.#model = model;
    this.#place = new PlotPlace(model, (plotly, drawing, theme, width) => this.#draw(plotly, drawing, theme, width));
    this.#legend = new RdLegend(this.#listeners, (key) => this.#choose(key), (key) => this.#light(key));
    const bar = rdBar(model, this.#listeners);
    this.#root.append(bar, this.#place.root, this.#note, this.#legend.root, this.#table);
    el.append(this.#root);
    this.#listen();
    this.#sayState();
  }

  close() {
    this.#place.close();
    this.#listeners.removeAll();
    this.#root.remove();
  }

  #listen() {
    const listeners = this.#listeners;
    const change = () => {
      this.#sayState();
      this.#place.drawSoon();
    };
    listeners.follow(this.#model, ["point", "marks", "title", "anchor", "rates", "rated", "note"], change);
    listeners.follow(this.#model, ["curves", "references", "groups", "measure", "rate_scale"], () => {
      this.#ranges = null;
      change();
    });
    keepPlainKeys(listeners, this.#root);
    listeners.add(this.#table, "toggle", () => this.#sayState());
  }

  get #state() {
    const state = Object.fromEntries(RD_TRAITS.map((name) => [name, this.#model.get(name)]));
    return { ...state, rates: ratesOf(state) };
  }

  async #draw(plotly, drawing, theme, width) {
    const state = this.#state;
    const curves = shownCurves(state, theme);
    this.#ranges = rangesFor(placesOf(curves, state), state.rate_scale === "log", this.#ranges);
    this.#legend.draw(curves, state, theme);
    const layout = layoutOf(state, theme, this.#ranges, width);
    await plotly.react(drawing, tracesOf(curves, state, theme, this.#lit), layout, plotConfig("rate-distortion"));
    if (this.#hears) return;
    this.#hears = true;
    drawing.on("plotly_click", ({ points }) => points[0].data.meta && this.#choose(points[0].data.meta)); // gone with the drawing's other things
  }

  /** The curve that others are compared with; chosen again, it is none any more. @param {string} key */
  #choose(key) {
    this.#model.set("anchor", this.#model.get("anchor") === key ? "" : key);
    this.#model.save_changes();
  }

  /** @param {string} key */
  #light(key) {
    if (this.#lit === key) return;
    this.#lit = key;
    this.#place.drawSoon();
  }

  #sayState() {
    const state = this.#state;
    this.#place.drawing.setAttribute("aria-label", inWords(state));
    const words = leftOutWords(shownCurves(state, null), state);
    if (this.#note.textContent !== words) this.#note.textContent = words;
    this.#note.hidden = !words && state.measure === "psnr"; // else its line stays: an estimate comes and goes with the hand
    if (this.#table.open) this.#rows.replaceChildren(tableOf(state));
  }
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const view = new RdPlotView(model, el);
  return () => view.close();
}

export default { render };
