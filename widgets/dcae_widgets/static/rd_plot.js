// The rate-distortion plot: a thin layer over Plotly.react. It draws what the traits say and knows nothing of codecs.

/** A point: bits a pixel, PSNR in dB, what is said of it, MS-SSIM in dB. @typedef {[number, number|null, string, number|null]} CurvePoint */
/** @typedef {{name: string, kind: "estimate"|"file", points: CurvePoint[]}} Curve */
/** @typedef {{name: string, group: "means"|"published", points: CurvePoint[], source: string, ours: boolean}} Reference */
/** @typedef {{bpp: number, psnr_db: number|null, kind: "estimate"|"file", label: string, ms_ssim_db: number|null}} Point */
/** A curve of any group, with how it looks. @typedef {{key: string, group: string, name: string, words: string, points: CurvePoint[],
 *   source: string, color: string, dash: string, width: number, symbol: string}} DrawnCurve */

const RD_TRAITS = ["curves", "references", "groups", "measure", "rate_scale", "anchor", "rates", "note", "point", "marks", "title"];
const HEIGHT_PX = 256;
const KIND_WORDS = { estimate: "estimates", file: "files" };
const POINT_WORDS = { estimate: "this photo, estimated", file: "this photo’s file" };
const GROUP_WORDS = { photo: "This photo", means: "Kodak means", published: "Published" };
const GROUP_HELP = {
  photo: "Curves of this photo",
  means: "Means over Kodak’s 24 photos, measured here: dashed",
  published: "Means over Kodak’s 24 photos, published by others: dashes and dots",
};
const MEASURES = { psnr: { name: "PSNR", column: 1, field: "psnr_db" }, ms_ssim: { name: "MS-SSIM", column: 3, field: "ms_ssim_db" } };
/** Published curves go on where nobody compares; at higher rates they run off the axes. */
const WIDE_BPP = 2;
/** Markers of published curves, as plotly.js names them, and as paths for the legend. */
const SYMBOLS = {
  circle: "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
  "circle-open": "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
  square: "M-3-3h6v6h-6z",
  diamond: "M0-4 4 0 0 4-4 0z",
  "triangle-up": "M0-4 4 3h-8z",
  "triangle-down": "M0 4 4-3h-8z",
  cross: "M-4-1.3h2.7v-2.7h2.6v2.7h2.7v2.6h-2.7v2.7h-2.6v-2.7h-2.7z",
  x: "M-3.8-1.9l1.9-1.9 1.9 1.9 1.9-1.9 1.9 1.9-1.9 1.9 1.9 1.9-1.9 1.9-1.9-1.9-1.9 1.9-1.9-1.9 1.9-1.9z",
};
const PUBLISHED_SYMBOLS = ["square", "diamond", "triangle-up", "triangle-down", "cross", "x"];
const DASHES = { dot: "2 3", solid: "", dash: "6 3", dashdot: "6 2 1 2" };
const HOVER_CHARACTERS = 46;

const inDb = (db) => (db == null ? "identical" : `${db.toFixed(2)} dB`);
const place = (bpp, db) => `${bpp.toFixed(3)} bits a pixel, ${inDb(db)}`;
const hoverText = (bpp, db, label) => (label ? `${plain(label)}<br>` : "") + place(bpp, db);

/** Text in lines of a hover label's width. @param {string} text */
function inLines(text) {
  const lines = [""];
  const words = text.split(/(?<=[ /])/).flatMap((word) => word.match(new RegExp(`.{1,${HOVER_CHARACTERS}}`, "gu")) ?? []);
  for (const word of words) {
    if (lines[lines.length - 1].length + word.length > HOVER_CHARACTERS) lines.push("");
    lines[lines.length - 1] += word;
  }
  return lines.map((line) => plain(line.trim())).join("<br>");
}

/** The shown curves with how they look: this photo's as they are, means dashed, published ones in dashes and dots. @param {any} state @param {any} theme @returns {DrawnCurve[]} */
function shownCurves({ curves, references, groups }, theme) {
  const colours = theme?.colours;
  const used = {};
  const next = (group, palette) => {
    const index = (used[group + palette] = (used[group + palette] ?? -1) + 1);
    return { index, color: colours ? colours[palette][index % colours[palette].length] : "" };
  };
  const ofPhoto = curves.map(({ name, kind, points }) => ({
    key: `photo/${name}`, group: "photo", name, words: KIND_WORDS[kind], points, source: "", width: 2, symbol: "circle",
    dash: kind === "estimate" ? "dot" : "solid", color: next("photo", kind).color,
  }));
  const others = references.map(({ name, group, points, source, ours }) => {
    const palette = group === "published" ? "published" : ours ? "estimate" : "file";
    const { index, color } = next(group, palette);
    const isPublished = group === "published";
    return {
      key: `${group}/${name}`, group, name, words: isPublished ? "published" : "Kodak mean", points, source, color,
      width: isPublished ? 1.2 : 1.6, dash: isPublished ? "dashdot" : "dash",
      symbol: isPublished ? PUBLISHED_SYMBOLS[(index + Math.floor(index / 6)) % 6] : "circle-open",
    };
  });
  return [...ofPhoto, ...others].filter(({ group }) => groups.includes(group));
}

/** A curve's points that have a place on the plot. @param {CurvePoint[]} points @param {string} measure */
const drawnPoints = (points, measure) => points.filter((point) => point[MEASURES[measure].column] != null);

/**
 * Axes that hold all places, at round numbers; with the ones before, so that axes grow but never jump back under a moving point.
 * @param {[number, number|null][]} places @param {boolean} isLog @param {{x: number[], y: number[]}|null} before in bits a pixel and dB
 */
function rangesFor(places, isLog, before) {
  const drawn = places.filter(([, db]) => db != null);
  if (!drawn.length) return before ?? { x: [isLog ? 0.1 : 0, 1], y: [26, 42] };
  const rates = drawn.map(([bpp]) => bpp);
  const dbs = drawn.map(([, db]) => db);
  const most = Math.max(...rates);
  const step = 10 ** Math.floor(Math.log10(most)) / 5;
  const [low, high] = [Math.min(...dbs), Math.max(...dbs)];
  const stepDb = high - low > 6 ? 2 : 1;
  const x = isLog ? [Math.min(...rates) / 1.15, most * 1.15] : [0, step * Math.ceil((most * 1.03) / step)];
  const y = [stepDb * Math.floor((low - 0.3) / stepDb), stepDb * Math.ceil((high + 0.3) / stepDb)];
  if (!before) return { x, y };
  const widened = (one, other) => [Math.min(one[0], other[0]), Math.max(one[1], other[1])];
  return { x: widened(x, before.x), y: widened(y, before.y) };
}

/** All places that axes have to hold. @param {DrawnCurve[]} curves @param {any} state */
function placesOf(curves, { point, marks, measure, groups }) {
  const { column, field } = MEASURES[measure];
  const points = groups.includes("photo") ? [point, ...marks].filter(({ bpp }) => bpp).map((each) => [each.bpp, each[field]]) : [];
  const ofCurves = curves.flatMap(({ group, points: all }) =>
    all.filter(([bpp]) => group !== "published" || bpp <= WIDE_BPP).map((each) => [each[0], each[column]]),
  );
  return [...ofCurves, ...points];
}

/** @param {DrawnCurve[]} curves @param {string} measure @param {string} anchor @param {string} lit the key of the curve that stands out; "" none */
function curveTraces(curves, measure, anchor, lit) {
  const { column } = MEASURES[measure];
  return curves.map(({ key, name, words, points, source, color, dash, width, symbol }) => {
    const drawn = drawnPoints(points, measure);
    const about = `${plain(name)} · ${words}`;
    const below = source ? `<br><br>${inLines(source)}` : "";
    return {
      type: "scatter", mode: "lines+markers", name: about, meta: key, showlegend: false, opacity: lit && lit !== key ? 0.2 : 1,
      x: drawn.map(([bpp]) => bpp), y: drawn.map((point) => point[column]), text: drawn.map((point) => hoverText(point[0], point[column], point[2])),
      hovertemplate: `${about}<br>%{text}${below}<extra></extra>`,
      line: { color, width: width + (key === anchor || key === lit ? 1 : 0), dash }, marker: { color, size: 5, symbol },
    };
  });
}

/** @param {Point[]} points @param {string} measure @param {string} name @param {object} style */
function pointTrace(points, measure, name, style) {
  const { field } = MEASURES[measure];
  const drawn = points.filter((each) => each[field] != null);
  return {
    type: "scatter", mode: "markers", name, showlegend: false, cliponaxis: false,
    x: drawn.map(({ bpp }) => bpp), y: drawn.map((each) => each[field]),
    text: drawn.map((each) => hoverText(each.bpp, each[field], each.label)),
    hovertemplate: "%{text}<extra></extra>", ...style,
  };
}

/** What Plotly draws: as many traces for any state of the same curves, so that a step changes numbers alone. */
function tracesOf(curves, { point, marks, measure, anchor, groups }, theme, lit) {
  const isShown = groups.includes("photo");
  const color = theme.colours.estimate[0];
  const isFile = point.kind === "file";
  const size = isFile ? 17 : 15;
  return [
    ...curveTraces(curves, measure, anchor, lit),
    pointTrace(isShown ? marks : [], measure, "marked", {
      marker: { symbol: "diamond", size: 10, color: theme.paper, line: { color: theme.ink, width: 1.5 } },
    }),
    pointTrace(isShown ? [point] : [], measure, POINT_WORDS[point.kind ?? "estimate"], {
      marker: { size, color: isFile ? color : theme.paper, line: { color: isFile ? theme.paper : color, width: isFile ? 2 : 3 } },
    }),
  ];
}

/** Ticks of a logarithmic rate: at 1, 2 and 5 times powers of ten, else at its ends. @param {number[]} range bits a pixel */
function logRateTicks([low, high]) {
  const [first, last] = [low, high].map((rate) => Math.floor(Math.log10(rate)));
  const powers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const steps = powers.flatMap((power) => [1, 2, 5].map((step) => Number(`${step}e${power}`)));
  const inside = steps.filter((value) => value >= low && value <= high);
  const tickvals = inside.length ? inside : [low, high].map((rate) => Number(rate.toPrecision(2)));
  return { type: "log", tickmode: "array", tickvals, ticktext: tickvals.map(String), range: [Math.log10(low), Math.log10(high)] };
}

/** @param {any} state @param {any} theme @param {{x: number[], y: number[]}} ranges @param {number} width CSS px */
function layoutOf(state, theme, ranges, width) {
  const title = titleOf(state);
  const isLog = state.rate_scale === "log";
  return {
    ...plotLayout(theme, { width, height: HEIGHT_PX }), margin: { l: 48, r: 14, t: title ? 34 : 12, b: 44 }, showlegend: false,
    title: title ? { text: plain(title), x: 0, xref: "paper", y: 0.97, yanchor: "top", font: { size: 13 * theme.type } } : undefined,
    xaxis: plotAxis(isLog ? "rate (bits a pixel, logarithmic)" : "rate (bits a pixel)", theme, isLog ? logRateTicks(ranges.x) : { range: ranges.x }),
    yaxis: plotAxis(`${MEASURES[state.measure].name} (dB)`, theme, { range: ranges.y }),
  };
}

/** What is measured on what. @param {any} state */
const titleOf = ({ title, groups }) => (groups.includes("photo") || !groups.length ? title : "Kodak’s 24 photos, means");

/** Which shown curves have no place on the plot, and why. @param {DrawnCurve[]} curves @param {any} state */
function leftOutWords(curves, { measure, note, groups, point }) {
  const without = curves.filter(({ points }) => points.length && !drawnPoints(points, measure).length);
  const isAll = (group) => curves.every((each) => each.group !== group || without.includes(each));
  const alone = without.filter(({ group }) => group !== "published" || !isAll(group)).map(({ name }) => name);
  const isPointOut = measure === "ms_ssim" && groups.includes("photo") && point.bpp && point.ms_ssim_db == null;
  const names = [...alone, ...(without.length > alone.length ? ["all published curves"] : []), ...(isPointOut ? [POINT_WORDS[point.kind]] : [])];
  const reason = measure === "ms_ssim" && groups.includes("photo") ? note : "";
  return [names.length ? `Left out, without ${MEASURES[measure].name}: ${names.join(", ")}.` : "", reason].filter(Boolean).join(" ");
}

/** The rate beside a curve in the legend. @param {string} key @param {any} state */
function rateWords(key, { rates, anchor }) {
  const rate = rates[key];
  if (!rate) return Object.keys(rates).length && key === anchor ? ["anchor", ""] : ["", ""];
  if (rate.percent == null) return [rate.why, ""];
  const percent = `${rate.percent < 0 ? "−" : "+"}${Math.abs(rate.percent).toFixed(1)} %`;
  return [percent, `${rate.low_db.toFixed(1)}–${rate.high_db.toFixed(1)} dB`];
}

/** The plot in words. @param {any} state */
function inWords(state) {
  const { point, marks, title, measure, anchor, groups } = state;
  const { field } = MEASURES[measure];
  const sentences = [(groups.includes("photo") ? title : titleOf(state)) || "Rate-distortion plot"];
  const isShown = groups.includes("photo");
  if (point.bpp && isShown && (measure === "psnr" || point[field] != null)) {
    sentences.push(`${POINT_WORDS[point.kind]}: ${place(point.bpp, point[field])}`.replace("this", "This"));
  }
  const curves = shownCurves(state, null);
  for (const { name, key, group, words, points } of curves) {
    const drawn = measure === "psnr" ? points : drawnPoints(points, measure);
    const ends = drawn.length > 1 ? [drawn[0], drawn[drawn.length - 1]] : drawn;
    const from = ends.map((each) => place(each[0], each[MEASURES[measure].column])).join(" to ");
    const [rate, interval] = rateWords(key, state);
    const compared = state.rates[key] ? `; BD-rate ${[rate, interval].filter(Boolean).join(", ")}` : "";
    const what = group === "photo" ? `${drawn.length} ${words}` : `${words}, ${drawn.length} points`;
    sentences.push(`${name}, ${what}${from && `: ${from}`}${compared}`);
  }
  if (Object.keys(state.rates).length) sentences.push(`BD-rates are against ${curves.find(({ key }) => key === anchor)?.name}`);
  for (const each of isShown ? marks : []) {
    if (measure !== "psnr" && each[field] == null) continue; // not measured, which is not identical
    sentences.push(`Marked: ${each.label && `${each.label}, `}${place(each.bpp, each[field])}`);
  }
  return `${sentences.join(". ")}.`;
}

/** The same numbers as rows. @param {any} state */
function tableOf(state) {
  const { point, marks, measure, groups } = state;
  const { name: measured, column, field } = MEASURES[measure];
  const row = (name, bpp, db, label) => {
    const cells = [bpp.toFixed(3), db == null ? (measure === "psnr" ? "identical" : "–") : db.toFixed(2), label].map((text) => element("td", {}, text));
    return element("tr", {}, element("th", { scope: "row" }, name), ...cells);
  };
  const isShown = groups.includes("photo");
  const rows = point.bpp && isShown ? [row(POINT_WORDS[point.kind], point.bpp, point[field], point.label)] : [];
  for (const mark of isShown ? marks : []) rows.push(row("marked", mark.bpp, mark[field], mark.label));
  for (const { name, group, words, points } of shownCurves(state, null)) {
    const whole = group === "photo" ? name : `${name} · ${words}`;
    rows.push(...points.map((each) => row(whole, each[0], each[column], each[2])));
  }
  const names = ["", "bits a pixel", `${measured} (dB)`, ""].map((text) => element("th", { scope: "col" }, text));
  return element("table", {}, element("thead", {}, element("tr", {}, ...names)), element("tbody", {}, ...rows));
}

/** What a curve looks like, in a legend. @param {{color: string, dash: string, width: number, symbol: string}} look @param {string} paper */
function swatch({ color, dash, width, symbol }, paper) {
  const space = "http://www.w3.org/2000/svg";
  const make = (tag, attributes) => {
    const made = document.createElementNS(space, tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
    return made;
  };
  const svg = make("svg", { width: 30, height: 12, viewBox: "-15 -6 30 12", "aria-hidden": "true" });
  if (dash) svg.append(make("path", { d: "M-14 0H14", stroke: color, "stroke-width": width, "stroke-dasharray": DASHES[dash] }));
  const isOpen = symbol === "circle-open";
  svg.append(make("path", { d: SYMBOLS[symbol], fill: isOpen ? paper : color, stroke: color, "stroke-width": isOpen ? 1.4 : 0.5 }));
  return svg;
}

/** The legend, whose curves are buttons: one that is pressed is what the others are compared with. */
class RdLegend {
  #drawn = "";
  #light;
  root = element("div", { class: "dcae-rd-legend", role: "group", "aria-label": "Curves; choose one to compare the others with" });

  /** @param {Listeners} listeners @param {(key: string) => void} choose @param {(key: string) => void} light a curve, "" for none */
  constructor(listeners, choose, light) {
    this.#light = light;
    const keyOf = (event) => event.target.closest?.("button")?.dataset.key ?? "";
    listeners.add(this.root, "click", (event) => keyOf(event) && choose(keyOf(event)));
    for (const type of ["pointerover", "focusin"]) listeners.add(this.root, type, (event) => light(keyOf(event)));
    for (const type of ["pointerleave", "focusout"]) listeners.add(this.root, type, () => light(""));
  }

  /** Draws it, unless nothing of it has changed. @param {DrawnCurve[]} curves @param {any} state @param {any} theme */
  draw(curves, state, theme) {
    const { measure, anchor, rates, point, groups } = state;
    const hasPoint = groups.includes("photo") && point.bpp && point[MEASURES[measure].field] != null;
    const named = curves.filter(({ points }) => drawnPoints(points, measure).length);
    const looks = named.map(({ key, words, color }) => [key, words, color]);
    const drawn = JSON.stringify([looks, anchor, rates, hasPoint && point.kind, theme.ink, theme.paper, measure]);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
    const top = this.root.scrollTop;
    this.root.replaceChildren(...this.#parts(named, state, theme, hasPoint));
    this.root.scrollTop = top;
    if (focused) [...this.root.querySelectorAll("button")].find(({ dataset }) => dataset.key === focused)?.focus({ preventScroll: true });
  }

  #parts(curves, state, theme, hasPoint) {
    const groups = [...new Set(curves.map(({ group }) => group))];
    const heads = groups.length > 1 || groups[0] !== "photo" ? (group) => [element("p", {}, GROUP_HELP[group])] : () => [];
    const parts = groups.flatMap((group) => [
      ...heads(group),
      ...curves.filter((each) => each.group === group).map((each) => this.#row(each, state, theme)),
      ...(group === "photo" && hasPoint ? [this.#pointRow(state.point, theme)] : []),
    ]);
    return curves.length > 1 ? [this.#caption(curves, state), ...parts] : parts;
  }

  /** What the percentages are; before that, that there can be some. */
  #caption(curves, { rates, anchor, measure }) {
    const name = curves.find(({ key }) => key === anchor)?.name;
    const isCompared = Object.keys(rates).length > 0 && name;
    const words = isCompared
      ? `BD-rate over ${MEASURES[measure].name} (Akima) against ${name}`
      : "Click a curve: BD-rates against it";
    return element("p", { class: "dcae-rd-caption", role: "status" }, words);
  }

  #row(curve, state, theme) {
    const { key, name, words, source } = curve;
    const [rate, interval] = rateWords(key, state);
    const isAnchor = key === state.anchor;
    return element(
      "button",
      { type: "button", "data-key": key, "aria-pressed": String(isAnchor), title: [`${name} · ${words}`, source].filter(Boolean).join("\n") },
      swatch(curve, theme.paper),
      element("span", { class: "dcae-rd-name" }, name, curve.group === "photo" ? element("i", {}, ` · ${words}`) : ""),
      element("span", { class: "dcae-rd-rate" }, rate),
      element("span", { class: "dcae-rd-interval" }, interval),
    );
  }

  #pointRow({ kind }, theme) {
    const color = theme.colours.estimate[0];
    const look = { color, dash: "", width: 2, symbol: kind === "file" ? "circle" : "circle-open" };
    return element("div", {}, swatch(look, theme.paper), element("span", { class: "dcae-rd-name" }, POINT_WORDS[kind]));
  }
}

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
    listeners.follow(this.#model, ["point", "marks", "title", "anchor", "rates", "note"], change);
    listeners.follow(this.#model, ["curves", "references", "groups", "measure", "rate_scale"], () => {
      this.#ranges = null;
      change();
    });
    keepPlainKeys(listeners, this.#root);
    listeners.add(this.#table, "toggle", () => this.#sayState());
  }

  get #state() {
    return Object.fromEntries(RD_TRAITS.map((name) => [name, this.#model.get(name)]));
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
