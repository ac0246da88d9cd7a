// The rate-distortion plot: a thin layer over Plotly.react. It draws what the traits say and knows nothing of codecs.

/** @typedef {{name: string, kind: "estimate"|"file", points: [number, number|null, string][]}} Curve */
/** @typedef {{bpp: number, psnr_db: number|null, kind: "estimate"|"file", label: string}} Point */

const HEIGHT_PX = 300;
const KIND_WORDS = { estimate: "estimates", file: "files" };
const POINT_WORDS = { estimate: "this photo, estimated", file: "this photo’s file" };

const inDb = (psnr) => (psnr == null ? "identical" : `${psnr.toFixed(2)} dB`);
const place = (bpp, psnr) => `${bpp.toFixed(3)} bits a pixel, ${inDb(psnr)}`;
const hoverText = (bpp, psnr, label) => (label ? `${plain(label)}<br>` : "") + place(bpp, psnr);

/**
 * Axes that hold all places, at round numbers; with the ones before, so that axes grow but never jump back under a moving point.
 * @param {[number, number|null][]} places @param {{x: number[], y: number[]}|null} before
 */
function rangesFor(places, before) {
  const drawn = places.filter(([, psnr]) => psnr != null);
  if (!drawn.length) return before ?? { x: [0, 1], y: [26, 42] };
  const rates = drawn.map(([bpp]) => bpp);
  const psnrs = drawn.map(([, psnr]) => psnr);
  const most = Math.max(...rates);
  const step = 10 ** Math.floor(Math.log10(most)) / 5;
  const [low, high] = [Math.min(...psnrs), Math.max(...psnrs)];
  const stepDb = high - low > 6 ? 2 : 1;
  const x = [0, step * Math.ceil((most * 1.03) / step)];
  const y = [stepDb * Math.floor((low - 0.3) / stepDb), stepDb * Math.ceil((high + 0.3) / stepDb)];
  if (!before) return { x, y };
  return { x: [0, Math.max(x[1], before.x[1])], y: [Math.min(y[0], before.y[0]), Math.max(y[1], before.y[1])] };
}

/** @param {Curve[]} curves @param {any} theme */
function curveTraces(curves, theme) {
  const count = { estimate: 0, file: 0 };
  return curves.map(({ name, kind, points }) => {
    const palette = theme.colours[kind];
    const color = palette[count[kind]++ % palette.length];
    const drawn = points.filter(([, psnr]) => psnr != null);
    return {
      type: "scatter", mode: "lines+markers", name: `${plain(name)} · ${KIND_WORDS[kind]}`, showlegend: drawn.length > 0,
      x: drawn.map(([bpp]) => bpp), y: drawn.map(([, psnr]) => psnr), text: drawn.map((point) => hoverText(...point)),
      hovertemplate: `${plain(name)}<br>%{text}<extra></extra>`,
      line: { color, width: 2, dash: kind === "estimate" ? "dot" : "solid" }, marker: { color, size: 5 },
    };
  });
}

/** @param {Point[]} points those that can be drawn @param {string} name @param {object} style */
function pointTrace(points, name, style) {
  return {
    type: "scatter", mode: "markers", name, showlegend: points.length > 0, cliponaxis: false,
    x: points.map(({ bpp }) => bpp), y: points.map(({ psnr_db }) => psnr_db),
    text: points.map(({ bpp, psnr_db, label }) => hoverText(bpp, psnr_db, label)),
    hovertemplate: "%{text}<extra></extra>", ...style,
  };
}

/** What Plotly draws: as many traces for any state of the same curves, so that a step changes numbers alone. */
function tracesOf({ curves, point, marks }, theme) {
  const drawn = [point, ...marks].filter((each) => each.psnr_db != null);
  const now = drawn.filter((each) => each === point);
  const color = theme.colours.estimate[0];
  const isFile = point.kind === "file";
  const size = isFile ? 17 : 15;
  return [
    ...curveTraces(curves, theme),
    pointTrace(drawn.filter((each) => each !== point), "marked", {
      marker: { symbol: "diamond", size: 10, color: theme.paper, line: { color: theme.ink, width: 1.5 } },
    }),
    pointTrace(now, POINT_WORDS[point.kind ?? "estimate"], {
      marker: { size, color: isFile ? color : theme.paper, line: { color: isFile ? theme.paper : color, width: isFile ? 2 : 3 } },
    }),
  ];
}

/** @param {string} title @param {any} theme @param {{x: number[], y: number[]}} ranges @param {number} width CSS px */
function layoutOf(title, theme, ranges, width) {
  return {
    ...plotLayout(theme, { width, height: HEIGHT_PX }), margin: { l: 48, r: 14, t: title ? 34 : 12, b: 44 },
    title: title ? { text: plain(title), x: 0, xref: "paper", y: 0.97, yanchor: "top", font: { size: 13 } } : undefined,
    xaxis: plotAxis("rate (bits a pixel)", theme, { range: ranges.x }), yaxis: plotAxis("PSNR (dB)", theme, { range: ranges.y }),
    legend: { x: 1, y: 0, xanchor: "right", yanchor: "bottom", bgcolor: theme.veil, itemclick: false, itemdoubleclick: false, font: { size: 11 } },
  };
}

/** The plot in words. @param {{curves: Curve[], point: Point|{}, marks: Point[], title: string}} state */
function inWords({ curves, point, marks, title }) {
  const sentences = [title || "Rate-distortion plot"];
  if (point.bpp) sentences.push(`${POINT_WORDS[point.kind]}: ${place(point.bpp, point.psnr_db)}`.replace("this", "This"));
  for (const { name, kind, points } of curves) {
    const ends = points.length > 1 ? [points[0], points[points.length - 1]] : points;
    const from = ends.map(([bpp, psnr]) => place(bpp, psnr)).join(" to ");
    sentences.push(`${name}, ${points.length} ${KIND_WORDS[kind]}${from && `: ${from}`}`);
  }
  for (const { bpp, psnr_db, label } of marks) sentences.push(`Marked: ${label && `${label}, `}${place(bpp, psnr_db)}`);
  return `${sentences.join(". ")}.`;
}

/** The same numbers as rows. @param {{curves: Curve[], point: any, marks: Point[]}} state */
function tableOf({ curves, point, marks }) {
  const row = (name, bpp, psnr, label) => {
    const cells = [bpp.toFixed(3), psnr == null ? "identical" : psnr.toFixed(2), label].map((text) => element("td", {}, text));
    return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
  };
  const rows = point.bpp ? [row(POINT_WORDS[point.kind], point.bpp, point.psnr_db, point.label)] : [];
  for (const mark of marks) rows.push(row("marked", mark.bpp, mark.psnr_db, mark.label));
  for (const { name, points } of curves) rows.push(...points.map((each) => row(name, ...each)));
  const names = ["", "bits a pixel", "PSNR (dB)", ""].map((text) => element("th", { scope: "col" }, text));
  return element("table", {}, element("thead", {}, element("tr", {}, ...names)), element("tbody", {}, ...rows));
}

/** One place on a page where a model's plot is drawn. */
class RdPlotView {
  #model;
  #listeners = new Listeners();
  #place;
  #rows = element("div", { class: "dcae-plot-rows" });
  #table = element("details", { class: "dcae-plot-numbers" }, element("summary", {}, "The numbers as a table"), this.#rows);
  #root = element("div", { class: "dcae-widget dcae-rd-plot" });
  #ranges = null; // what the axes were drawn with; null: they are free

  /** @param {any} model @param {HTMLElement} el */
  constructor(model, el) {
    this.#model = model;
    this.#place = new PlotPlace(model, (plotly, drawing, theme, width) => this.#draw(plotly, drawing, theme, width));
    this.#root.append(this.#place.root, this.#table);
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
    listeners.follow(this.#model, ["point", "marks", "title"], change);
    listeners.follow(this.#model, ["curves"], () => {
      this.#ranges = null;
      change();
    });
    keepPlainKeys(listeners, this.#root);
    listeners.add(this.#table, "toggle", () => this.#sayState());
  }

  /** @returns {{curves: Curve[], point: any, marks: Point[], title: string}} */
  get #state() {
    return Object.fromEntries(["curves", "point", "marks", "title"].map((name) => [name, this.#model.get(name)]));
  }

  #draw(plotly, drawing, theme, width) {
    const state = this.#state;
    const points = [state.point, ...state.marks].filter(({ bpp }) => bpp).map(({ bpp, psnr_db }) => [bpp, psnr_db]);
    this.#ranges = rangesFor([...state.curves.flatMap((curve) => curve.points), ...points], this.#ranges);
    const layout = layoutOf(state.title, theme, this.#ranges, width);
    return plotly.react(drawing, tracesOf(state, theme), layout, plotConfig("rate-distortion"));
  }

  #sayState() {
    const state = this.#state;
    this.#place.drawing.setAttribute("aria-label", inWords(state));
    if (this.#table.open) this.#rows.replaceChildren(tableOf(state));
  }
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const view = new RdPlotView(model, el);
  return () => view.close();
}

export default { render };
