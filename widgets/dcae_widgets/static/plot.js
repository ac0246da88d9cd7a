// A plot of series: a thin layer over Plotly.react, and a hand that chooses points. It draws what the traits say.

/** @typedef {{name: string, x: (number|string|null)[], y: (number|null)[], kind: "line"|"points"|"bar"|"step", text: string[], dashed: boolean}} Series */

const TRAITS = ["series", "title", "x_title", "y_title", "x_log", "y_log", "height_px", "choosable", "chosen"];
/** Of more points than these, none stands out by itself. */
const MANY_POINTS = 60;
/** A staircase stays where it was until the next point. */
const LINE_SHAPE = { step: "hv" };

/** A number as it is read: at most five digits that count. @param {number|string|null} value */
function numberText(value) {
  if (typeof value !== "number") return value ?? "none";
  const digits = Math.abs(value) >= 1000 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 4 };
  return value.toLocaleString("en", digits);
}

/** What is said of a point. @param {Series} series @param {number} index @param {any} state */
function pointText({ name, x, y, text }, index, { x_title, y_title }) {
  return text[index] || `${name}: ${x_title} ${numberText(x[index])}, ${y_title} ${numberText(y[index])}`;
}

/** The colours of series: blue, orange and so on, of the theme. @param {any} theme @param {number} index */
function seriesColour(theme, index) {
  const { estimate, file } = theme.colours;
  const colours = [estimate[0], file[0], estimate[1], file[2], file[1], estimate[2]];
  return colours[index % colours.length];
}

/** @param {Series} series @param {number} index @param {any} state @param {any} theme */
function traceOf(series, index, state, theme) {
  const color = seriesColour(theme, index);
  const text = series.x.map((_, point) => plain(pointText(series, point, state)));
  const shared = { name: plain(series.name), x: series.x, y: series.y, text, hovertemplate: "%{text}<extra></extra>", showlegend: state.series.length > 1 };
  if (series.kind === "bar") {
    const marked = series.x.map((_, point) => (index === 0 && point === state.chosen ? seriesColour(theme, 1) : color));
    return { ...shared, type: "bar", marker: { color: marked, line: { width: 0 } }, textposition: "none" };
  }
  const line = { color, width: 2, dash: series.dashed ? "dot" : "solid", shape: LINE_SHAPE[series.kind] ?? "linear" };
  const isDense = series.x.length > MANY_POINTS;
  const mode = series.kind === "points" ? "markers" : isDense || (series.dashed && series.kind === "line") ? "lines" : "lines+markers";
  return { ...shared, type: "scatter", mode, line, marker: { color, size: series.kind === "points" && isDense ? 4 : 6 } };
}

/** The ring around the chosen point of the first series; a bar has its own colour, unless it is too thin to show it. @param {any} state @param {any} theme */
function markOf({ series, chosen }, theme) {
  const [first] = series;
  const isDrawn = first && (first.kind !== "bar" || first.x.length > MANY_POINTS) && chosen >= 0;
  return {
    type: "scatter", mode: "markers", showlegend: false, hoverinfo: "skip", cliponaxis: false,
    x: isDrawn ? [first.x[chosen]] : [], y: isDrawn ? [first.y[chosen]] : [],
    marker: { symbol: "circle-open", size: 15, color: seriesColour(theme, 1), line: { width: 3, color: seriesColour(theme, 1) } },
  };
}

/** Ticks of a logarithmic axis at 1, 2 and 5 times powers of ten: plotly.js's own say "2" for 0.002. @param {(number|string|null)[]} values */
function logTicks(values) {
  const drawn = values.filter((each) => typeof each === "number" && each > 0);
  if (!drawn.length) return {};
  const [low, high] = [Math.floor(Math.log10(Math.min(...drawn))), Math.ceil(Math.log10(Math.max(...drawn)))];
  const steps = high - low > 3 ? [1] : [1, 2, 5];
  const tickvals = Array.from({ length: high - low + 1 }, (_, power) => steps.map((step) => step * 10 ** (low + power))).flat();
  return { tickvals, ticktext: tickvals.map(numberText) };
}

/** In how many rows plotly.js sets the legend: all of its columns are as wide as the longest name. @param {Series[]} series @param {number} width CSS px */
function legendRows(series, width) {
  const column = 44 + 5.6 * Math.max(...series.map(({ name }) => name.length));
  return Math.ceil(series.length / Math.max(1, Math.floor((width - 40) / column)));
}

/** @param {any} state @param {any} theme @param {number} width CSS px */
function plotLayoutOf(state, theme, width) {
  const { series, title, x_title, y_title, height_px } = state;
  const isNamed = series.some(({ x }) => x.some((each) => typeof each === "string"));
  const hasBars = series.some(({ kind }) => kind === "bar");
  const hasLegend = series.length > 1;
  const axis = (isLog, name) => (isLog ? { type: "log", ...logTicks(series.flatMap((each) => each[name])) } : { type: "linear" });
  const above = (title ? 30 : 8) + (hasLegend ? 20 * legendRows(series, width) + 4 : 0);
  return {
    ...plotLayout(theme, { width, height: height_px }), margin: { l: 56 * theme.type, r: 14, t: above * theme.type, b: 46 * theme.type }, barmode: "group", bargap: 0.15,
    title: title ? { text: plain(title), x: 0, xref: "paper", y: 1 - 8 / height_px, yanchor: "top", font: { size: 13 * theme.type } } : undefined,
    xaxis: plotAxis(plain(x_title), theme, { ...(isNamed ? { type: "category" } : axis(state.x_log, "x")), showgrid: !hasBars }),
    yaxis: plotAxis(plain(y_title), theme, { ...axis(state.y_log, "y"), rangemode: hasBars && !state.y_log ? "tozero" : "normal" }),
    legend: { orientation: "h", x: 0, y: 1.01, xanchor: "left", yanchor: "bottom", itemclick: false, itemdoubleclick: false, font: { size: 11 * theme.type }, bgcolor: "rgba(0, 0, 0, 0)" },
  };
}

/** @param {any} state */
function plotInWords(state) {
  const sentences = [state.title || `${state.y_title} over ${state.x_title}`];
  for (const series of state.series) {
    const ends = series.x.length > 1 ? [0, series.x.length - 1] : series.x.map((_, index) => index);
    const said = ends.map((index) => `${numberText(series.x[index])}: ${numberText(series.y[index])}`).join(" to ");
    sentences.push(`${series.name}, ${series.x.length} points${said && `, ${said}`}`);
  }
  if (state.chosen >= 0) sentences.push(`Chosen: ${pointText(state.series[0], state.chosen, state)}`);
  return `${sentences.join(". ")}.`;
}

/** @param {any} state */
function plotTable({ series, x_title, y_title }) {
  const names = ["", x_title, y_title, ""].map((text) => element("th", { scope: "col" }, text));
  const rows = series.flatMap(({ name, x, y, text }) =>
    x.map((each, index) => {
      const cells = [numberText(each), numberText(y[index]), text[index] ?? ""].map((cell) => element("td", {}, cell));
      return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
    }),
  );
  return element("table", {}, element("thead", {}, element("tr", {}, ...names)), element("tbody", {}, ...rows));
}

/** Keys that choose: how far each goes, or to which end. */
const KEYS = { ArrowLeft: -1, ArrowDown: -1, ArrowRight: 1, ArrowUp: 1, PageDown: -10, PageUp: 10, Home: -Infinity, End: Infinity };

/** One place on a page where a plot is drawn. */
class PlotView {
  #model;
  #listeners = new Listeners();
  #place;
  #slider = element("div", { class: "dcae-plot-slider" }); // beside what it moves: a slider must not hold other controls
  #hand = element("div", { class: "dcae-plot-hand" }, this.#slider);
  #rows = element("div", { class: "dcae-plot-rows" });
  #table = element("details", { class: "dcae-plot-numbers" }, element("summary", {}, "The numbers as a table"), this.#rows);
  #root = element("div", { class: "dcae-widget dcae-plot" });
  #hears = false;

  /** @param {any} model @param {HTMLElement} el */
  constructor(model, el) {
    this.#model = model;
    this.#place = new PlotPlace(model, (plotly, drawing, theme, width) => this.#draw(plotly, drawing, theme, width));
    this.#hand.append(this.#place.root);
    this.#root.append(this.#hand, this.#table);
    el.append(this.#root);
    this.#listeners.follow(model, TRAITS, () => this.#change());
    keepPlainKeys(this.#listeners, this.#root);
    this.#listeners.add(this.#hand, "keydown", (event) => this.#press(event));
    this.#listeners.add(this.#table, "toggle", () => this.#sayState());
    this.#change();
  }

  close() {
    this.#place.close();
    this.#listeners.removeAll();
    this.#root.remove();
  }

  get #state() {
    return Object.fromEntries(TRAITS.map((name) => [name, this.#model.get(name)]));
  }

  #change() {
    this.#place.root.style.height = `${this.#model.get("height_px")}px`;
    this.#sayState();
    this.#place.drawSoon();
  }

  async #draw(plotly, drawing, theme, width) {
    const state = this.#state;
    const traces = state.series.map((series, index) => traceOf(series, index, state, theme));
    await plotly.react(drawing, [...traces, markOf(state, theme)], plotLayoutOf(state, theme, width), plotConfig("dcae-plot"));
    if (this.#hears) return;
    this.#hears = true;
    drawing.on("plotly_click", ({ points }) => this.#choose(points[0].pointNumber)); // gone with the drawing's other things
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const { choosable, series, chosen } = this.#state;
    const step = KEYS[event.key];
    if (!choosable || !series.length || step === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const last = series[0].x.length - 1;
    this.#choose(Math.min(last, Math.max(0, chosen + step)));
  }

  /** @param {number} index */
  #choose(index) {
    const { choosable, series } = this.#state;
    if (!choosable || index >= (series[0]?.x.length ?? 0)) return;
    this.#model.set("chosen", index);
    this.#model.save_changes();
  }

  #sayState() {
    const state = this.#state;
    this.#place.drawing.setAttribute("aria-label", plotInWords(state));
    this.#hand.classList.toggle("dcae-plot-choosable", state.choosable);
    this.#dressSlider(state);
    if (this.#table.open) this.#rows.replaceChildren(plotTable(state));
  }

  /** What chooses is a slider to a screen reader. */
  #dressSlider({ choosable, series, chosen, title, x_title }) {
    const points = series[0]?.x.length ?? 0;
    const attributes = {
      tabindex: "0", role: "slider", "aria-label": `${title || x_title}: choose a point`, "aria-valuemin": "0", "aria-valuemax": String(Math.max(0, points - 1)),
      "aria-valuenow": String(Math.max(0, chosen)), "aria-valuetext": chosen < 0 ? "none chosen" : pointText(series[0], chosen, this.#state),
    };
    for (const [name, value] of Object.entries(attributes)) {
      if (choosable && points) this.#slider.setAttribute(name, value);
      else this.#slider.removeAttribute(name);
    }
  }
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const view = new PlotView(model, el);
  return () => view.close();
}

export default { render };
