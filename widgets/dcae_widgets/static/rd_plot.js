// The rate-distortion plot: a thin layer over Plotly.react. It draws what the traits say and knows nothing of codecs.

/** @typedef {{name: string, kind: "estimate"|"file", points: [number, number|null, string][]}} Curve */
/** @typedef {{bpp: number, psnr_db: number|null, kind: "estimate"|"file", label: string}} Point */

/** Where a page keeps its one Plotly: {promise, since}. */
const PLOTLY = Symbol.for("dcae_widgets plotly.js");
/** After so long without an answer the kernel may be busy or gone, and a newcomer asks for itself. */
const PATIENCE_MS = 8000;
const HEIGHT_PX = 300;
/** plotly.js looks for module systems; a page that has some (RequireJS) must not be taken for one. */
const WITHOUT_MODULES = "const module = undefined, exports = undefined, define = undefined, require = undefined;\n";
const CONFIG = {
  displaylogo: false, modeBarButtons: [["toImage"]], typesetMath: false, scrollZoom: false, doubleClick: false,
  toImageButtonOptions: { format: "png", scale: 2, filename: "rate-distortion" },
};
/** Curves of estimates take their colours from the first list, curves of files from the second: on light, on dark paper. */
const COLOURS = {
  light: { estimate: ["#1f66a8", "#0f8b8d", "#6a5acd"], file: ["#c9601c", "#3a8f5c", "#8a4fa3", "#b03a48"] },
  dark: { estimate: ["#6cb0ee", "#4cc3c5", "#a99df5"], file: ["#f0955a", "#6fc592", "#c792dd", "#ee7d89"] },
};
const KIND_WORDS = { estimate: "estimates", file: "files" };
const POINT_WORDS = { estimate: "this photo, estimated", file: "this photo’s file" };

/**
 * The page's Plotly: whoever needs it first asks the kernel, the others wait for the same promise.
 * @param {any} model @param {AbortSignal} signal ends the asking
 */
async function pagePlotly(model, signal) {
  for (;;) {
    let shared = window[PLOTLY];
    if (!shared || (!shared.arrived && Date.now() - shared.since > PATIENCE_MS)) {
      shared = window[PLOTLY] = { since: Date.now(), arrived: false, promise: received(model, signal).then(run) };
    }
    try {
      const plotly = await shared.promise;
      shared.arrived = true;
      return plotly;
    } catch (error) {
      if (window[PLOTLY] === shared) delete window[PLOTLY];
      if (error.name !== "AbortError" || signal.aborted) throw error;
      // The plot that had asked was closed before the answer came: this one asks.
    }
  }
}

/** The kernel's answer, gzipped. @param {any} model @param {AbortSignal} signal @returns {Promise<ArrayBuffer|DataView>} */
function received(model, signal) {
  return new Promise((resolve, reject) => {
    const listeners = new Listeners();
    const settle = (settled, value) => {
      listeners.removeAll();
      settled(value);
    };
    const answered = (message, buffers) => {
      if (message?.type !== "plotly.js") return;
      if (message.error) settle(reject, new Error(message.error));
      else settle(resolve, buffers[0]);
    };
    model.on("msg:custom", answered);
    listeners.later(() => model.off("msg:custom", answered));
    listeners.add(signal, "abort", () => settle(reject, signal.reason));
    model.send({ type: "plotly.js" });
  });
}

/** Runs plotly.js as a module, so that it sees no module system, and leaves no name of its own on the page. @param {any} gzipped */
async function run(gzipped) {
  const stream = new Blob([gzipped]).stream().pipeThrough(new DecompressionStream("gzip"));
  const source = await new Response(stream).blob();
  const parts = [WITHOUT_MODULES, source, "\nexport default window.Plotly;"];
  const url = URL.createObjectURL(new Blob(parts, { type: "text/javascript" }));
  const before = window.Plotly;
  try {
    return (await import(url)).default;
  } finally {
    URL.revokeObjectURL(url);
    delete window.moduleName;
    if (before) window.Plotly = before;
    else delete window.Plotly;
  }
}

/** The theme's colours, each as rgb(), which Plotly can read. @param {Element} root */
function themeOf(root) {
  const probe = element("span", { hidden: true });
  root.append(probe);
  const colour = (name) => {
    probe.style.color = `var(--dcae-${name})`;
    return getComputedStyle(probe).color;
  };
  const theme = { ink: colour("ink"), soft: colour("ink-soft"), paper: colour("paper"), line: colour("line") };
  const family = getComputedStyle(root).fontFamily;
  probe.remove();
  const [red, green, blue] = (theme.paper.match(/[\d.]+/g) ?? [255, 255, 255]).map(Number);
  const isDark = 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  const veil = `rgba(${red}, ${green}, ${blue}, 0.8)`; // under the legend, so that grid and curves do not cross its words
  return { ...theme, veil, family, colours: isDark ? COLOURS.dark : COLOURS.light };
}

/** Text that Plotly shows as it is: it would read markup. @param {string} text */
const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

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
  const axis = (text, range) => ({
    title: { text, font: { size: 12, color: theme.soft }, standoff: 6 }, range, fixedrange: true, color: theme.soft,
    gridcolor: theme.line, gridwidth: 1, linecolor: theme.line, showline: true, zeroline: false, nticks: 7, tickfont: { size: 11 },
  });
  return {
    width, height: HEIGHT_PX, margin: { l: 48, r: 14, t: title ? 34 : 12, b: 44 }, dragmode: false, hovermode: "closest",
    font: { family: theme.family, size: 12, color: theme.ink }, paper_bgcolor: theme.paper, plot_bgcolor: theme.paper,
    title: title ? { text: plain(title), x: 0, xref: "paper", y: 0.97, yanchor: "top", font: { size: 13 } } : undefined,
    xaxis: axis("rate (bits a pixel)", ranges.x), yaxis: axis("PSNR (dB)", ranges.y),
    legend: { x: 1, y: 0, xanchor: "right", yanchor: "bottom", bgcolor: theme.veil, itemclick: false, itemdoubleclick: false, font: { size: 11 } },
    hoverlabel: { bgcolor: theme.paper, bordercolor: theme.soft, font: { family: theme.family, color: theme.ink, size: 12 }, align: "left" },
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
  #closing = new AbortController();
  #drawing = element("div", { class: "dcae-rd-plot-drawing", role: "img" });
  #text = element("div", { class: "dcae-rd-plot-text", role: "status" });
  #rows = element("div", { class: "dcae-rd-plot-rows" });
  #table = element("details", {}, element("summary", {}, "The numbers as a table"), this.#rows);
  #root = element("div", { class: "dcae-widget dcae-rd-plot" }, element("div", { class: "dcae-rd-plot-place" }, this.#drawing, this.#text), this.#table);
  #plotly = null;
  #theme = null; // read again when it is null
  #ranges = null; // what the axes were drawn with; null: they are free
  #frame = 0;

  /** @param {any} model @param {HTMLElement} el */
  constructor(model, el) {
    this.#model = model;
    el.append(this.#root);
    this.#listen();
    this.#sayState();
    this.#load();
  }

  close() {
    this.#closing.abort();
    this.#listeners.removeAll();
    this.#plotly?.purge(this.#drawing);
    this.#root.remove();
  }

  #listen() {
    const listeners = this.#listeners;
    listeners.follow(this.#model, ["point", "marks", "title"], () => this.#drawSoon());
    listeners.follow(this.#model, ["curves"], () => {
      this.#ranges = null;
      this.#drawSoon();
    });
    keepPlainKeys(listeners, this.#root);
    listeners.add(this.#table, "toggle", () => this.#sayState());
    listeners.add(this.#text, "click", (event) => event.target.closest("button") && this.#load());
    const dressAnew = () => {
      this.#theme = null;
      this.#drawSoon();
    };
    listeners.add(this.#root, "transitionend", (event) => {
      if (event.target === this.#root && event.propertyName === "color") dressAnew();
    });
    // JupyterLab hides the page while it changes the theme, and what is hidden has no transitions; but it gets its size
    // back, and the theme's name is written on the body once its colours are there.
    const name = new MutationObserver(dressAnew);
    name.observe(document.body, { attributeFilter: ["data-jp-theme-name", "data-jp-theme-light"] });
    listeners.later(() => name.disconnect());
    const size = new ResizeObserver(dressAnew);
    size.observe(this.#root);
    listeners.later(() => size.disconnect());
    listeners.later(() => cancelAnimationFrame(this.#frame));
  }

  /** @returns {{curves: Curve[], point: any, marks: Point[], title: string}} */
  get #state() {
    return Object.fromEntries(["curves", "point", "marks", "title"].map((name) => [name, this.#model.get(name)]));
  }

  async #load() {
    this.#text.classList.remove("dcae-rd-plot-failed");
    this.#say("The plot is loading …");
    const late = setTimeout(() => {
      this.#say("The plot waits for the kernel, which has not answered yet: it is busy, or no longer there.", "Ask again");
    }, PATIENCE_MS);
    this.#listeners.later(() => clearTimeout(late));
    try {
      const plotly = await pagePlotly(this.#model, this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      this.#plotly = plotly;
      this.#say("");
      this.#draw();
    } catch (error) {
      this.#fail(error);
    } finally {
      clearTimeout(late);
    }
  }

  #drawSoon() {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    this.#sayState();
    const width = this.#root.clientWidth; // 0 while the plot is hidden
    if (!this.#plotly || !width) return;
    const state = this.#state;
    const points = [state.point, ...state.marks].filter(({ bpp }) => bpp).map(({ bpp, psnr_db }) => [bpp, psnr_db]);
    this.#ranges = rangesFor([...state.curves.flatMap((curve) => curve.points), ...points], this.#ranges);
    this.#theme ??= themeOf(this.#root);
    const layout = layoutOf(state.title, this.#theme, this.#ranges, width);
    const drawn = this.#plotly.react(this.#drawing, tracesOf(state, this.#theme), layout, CONFIG);
    Promise.resolve(drawn).catch((error) => this.#fail(error));
  }

  #sayState() {
    const state = this.#state;
    this.#drawing.setAttribute("aria-label", inWords(state));
    if (this.#table.open) this.#rows.replaceChildren(tableOf(state));
  }

  /** @param {string} words over the plot; none: the plot is seen @param {string} [action] what a button offers, which is to load again */
  #say(words, action) {
    this.#text.replaceChildren(words, ...(action ? [element("button", { type: "button" }, action)] : []));
    this.#text.hidden = !words;
  }

  #fail(error) {
    if (this.#closing.signal.aborted) return;
    this.#text.classList.add("dcae-rd-plot-failed");
    this.#say(`The plot cannot be drawn: ${error?.message ?? error}`, "Try again");
  }
}

/** @param {{model: any, el: HTMLElement}} context */
function render({ model, el }) {
  const view = new RdPlotView(model, el);
  return () => view.close();
}

export default { render };
