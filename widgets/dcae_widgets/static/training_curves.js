// A run's loss over its steps, and its rate-distortion curve on the way from the start to now. It draws what the traits say.

/** @typedef {[number, number|null, boolean]} HeldOut step, loss, whether it is the best so far */
/** @typedef {{step: number, points: [number, number, number][]}} Curve points: lambda, bits a pixel, PSNR in dB */
/** @typedef {{series: Float32Array, held_out: HeldOut[], curves: Curve[], start: string, verdict: string}} Log */

const LOSS_HEIGHT_PX = 268;
const RD_HEIGHT_PX = 268;
const MARGIN = { l: 52, r: 14, t: 8, b: 42 };
const LEGEND = { itemclick: false, itemdoubleclick: false, font: { size: 11 } };
const LEGEND_ABOVE = { ...LEGEND, orientation: "h", x: 0, y: 1.01, xanchor: "left", yanchor: "bottom", bgcolor: "rgba(0, 0, 0, 0)" };
/** Where the plot is narrower, a legend within it would lie on the curves. */
const NARROW_PX = 350;
/** A loss that has fallen so many times is drawn on a logarithmic axis. */
const LOG_RATIO = 8;
const COLUMNS = 4; // of the series: step, loss, smoothed, factor on the learning rate

/** One column of the series, without NaN, which Plotly takes for text. @param {Float32Array} series @param {number} column */
const columnOf = (series, column) =>
  Array.from({ length: series.length / COLUMNS }, (_, row) => series[row * COLUMNS + column]).map((each) => (Number.isFinite(each) ? each : null));

const count = (step) => step.toLocaleString("en");
const line = (name, x, y, style) => ({ type: "scatter", mode: "lines", name, x, y, ...style });

/** The axis of the loss: what was seen after the first wild steps, and all measurements. @param {(number|null)[]} raw @param {(number|null)[]} smooth @param {(number|null)[]} measured */
function lossRange(raw, smooth, measured) {
  const finite = (values) => values.filter((each) => each != null && each > 0);
  const sorted = finite(raw).sort((a, b) => a - b);
  const usual = sorted.length ? [sorted[0], sorted[Math.floor(0.98 * (sorted.length - 1))]] : [];
  const all = [...usual, ...finite(measured), ...finite(smooth).slice(-1)];
  if (!all.length) return { type: "linear", range: [0, 1] };
  const [low, high] = [Math.min(...all), Math.max(...all)];
  if (high / low > LOG_RATIO) return { type: "log", range: [Math.log10(low / 1.1), Math.log10(high * 1.1)] };
  const room = Math.max(0.08 * (high - low), 0.02 * high);
  return { type: "linear", range: [Math.max(0, low - 1.8 * room), high + room] };
}

/** @param {Log} log @param {any} theme */
function lossTraces({ series, held_out }, theme) {
  const [steps, raw, smooth, rate] = [0, 1, 2, 3].map((column) => columnOf(series, column));
  const [blue, orange] = [theme.colours.estimate[0], theme.colours.file[0]];
  const best = held_out.filter(([, loss, isBest]) => isBest && loss != null).slice(-1);
  const at = "step %{x:,}: %{y:.3f}<extra></extra>";
  return [
    line("learning rate", steps, rate, {
      yaxis: "y2", showlegend: false, line: { color: theme.soft, width: 1, dash: "dot" }, hovertemplate: "step %{x:,}: learning rate %{y:.0%} of its peak<extra></extra>",
    }),
    line("training", steps, raw, { line: { color: blue, width: 1 }, opacity: 0.35, showlegend: false, hovertemplate: `training, ${at}` }),
    line("training", steps, smooth, { line: { color: blue, width: 2.2 }, hovertemplate: `training, smoothed, ${at}` }),
    line("held-out photos", held_out.map(([step]) => step), held_out.map(([, loss]) => loss), {
      mode: "lines+markers", line: { color: orange, width: 2 }, marker: { color: orange, size: 6 }, hovertemplate: `held-out photos, ${at}`,
    }),
    line("best", best.map(([step]) => step), best.map(([, loss]) => loss), {
      mode: "markers+text", text: best.map(([, loss]) => `best ${loss.toFixed(3)}`), textposition: "bottom left", cliponaxis: false,
      textfont: { size: 11, color: theme.ink }, showlegend: false, hovertemplate: `the best, ${at}`,
      marker: { symbol: "star", size: 13, color: orange, line: { color: theme.paper, width: 1.5 } },
    }),
  ];
}

/** @param {Log} log @param {any} theme @param {number} width */
function lossLayout({ series, held_out }, theme, width) {
  const axis = lossRange(columnOf(series, 1), columnOf(series, 2), held_out.map(([, loss]) => loss));
  const last = Math.max(1, series.at(-COLUMNS) ?? 0, held_out.at(-1)?.[0] ?? 0);
  return {
    ...plotLayout(theme, { width, height: LOSS_HEIGHT_PX }), margin: { ...MARGIN, r: 50, t: 30 },
    xaxis: plotAxis("step", theme, { range: [0, last * 1.02] }), yaxis: plotAxis("weighted loss (bits a pixel + λ × error)", theme, axis),
    yaxis2: plotAxis("learning rate (share of peak)", theme, {
      overlaying: "y", side: "right", range: [0, 1.04], showgrid: false, tickformat: ".0%", tickvals: [0, 0.5, 1], showline: false,
    }),
    legend: LEGEND_ABOVE,
  };
}

/** Where each lambda was, from measurement to measurement, with gaps between lambdas. @param {Curve[]} curves */
function waysOf(curves) {
  const [x, y] = [[], []];
  for (const [lmbda] of curves[0]?.points ?? []) {
    for (const { points } of curves) {
      const point = points.find(([each]) => each === lmbda);
      if (point) [x[x.length], y[y.length]] = [point[1], point[2]];
    }
    x.push(null);
    y.push(null);
  }
  return { x, y };
}

/** @param {Curve|undefined} first @param {string} start */
const startName = (first, start) => `start: ${start ? `${start}, ` : ""}step ${count(first?.step ?? 0)}`;

/** @param {Log} log @param {any} theme */
function rdTraces({ curves, start }, theme) {
  const orange = theme.colours.file[0];
  const [first, last] = [curves[0], curves.length > 1 ? curves[curves.length - 1] : null];
  const { x, y } = waysOf(curves);
  const curve = (of, name, style) => {
    const points = of?.points ?? [];
    const text = points.map(([lmbda, bpp, psnr]) => `${plain(name)}<br>λ ${lmbda}: ${bpp.toFixed(3)} bits a pixel, ${psnr.toFixed(2)} dB`);
    return line(plain(name), points.map((each) => each[1]), points.map((each) => each[2]), {
      mode: "lines+markers", text, hovertemplate: "%{text}<extra></extra>", showlegend: points.length > 0, ...style,
    });
  };
  return [
    line("the way of each λ", x, y, { line: { color: orange, width: 1 }, opacity: 0.55, hoverinfo: "skip", showlegend: curves.length > 2 }),
    curve(first, startName(first, start), {
      line: { color: theme.soft, width: 1.5, dash: "dash" }, opacity: 0.75, marker: { color: theme.paper, size: 7, line: { color: theme.soft, width: 1.5 } },
    }),
    curve(last, last ? `now: step ${count(last.step)}` : "now", { line: { color: orange, width: 2.5 }, marker: { color: orange, size: 8 } }),
  ];
}

/** @param {Log} log @param {any} theme @param {number} width */
function rdLayout({ curves }, theme, width) {
  const points = curves.flatMap((curve) => curve.points);
  const isNarrow = width < NARROW_PX;
  const [rates, psnrs] = [points.map((each) => each[1]), points.map((each) => each[2])];
  const x = points.length ? [0, 1.04 * Math.max(...rates)] : [0, 1];
  const y = points.length ? [Math.floor(Math.min(...psnrs) - 0.4), Math.ceil(Math.max(...psnrs) + 0.4)] : [26, 38];
  return {
    ...plotLayout(theme, { width, height: RD_HEIGHT_PX }), margin: isNarrow ? { ...MARGIN, t: 64 } : MARGIN,
    xaxis: plotAxis("rate (bits a pixel)", theme, { range: x }), yaxis: plotAxis("PSNR (dB)", theme, { range: y }),
    legend: isNarrow ? LEGEND_ABOVE : { ...LEGEND, x: 1, y: 0, xanchor: "right", yanchor: "bottom", bgcolor: theme.veil },
  };
}

/** The loss in words. @param {Log} log */
function lossInWords({ series, held_out }) {
  const rows = series.length / COLUMNS;
  const words = rows ? `Training loss, smoothed: ${series[2].toFixed(3)} at step ${count(series[0])}, ${series.at(-2).toFixed(3)} at step ${count(series.at(-COLUMNS))}.` : "No step yet.";
  const best = held_out.filter((each) => each[2] && each[1] != null).at(-1);
  return best ? `${words} Best loss on held-out photos: ${best[1].toFixed(3)} at step ${count(best[0])}.` : words;
}

/** The curves in words. @param {Log} log */
function rdInWords({ curves, start, verdict }) {
  if (!curves.length) return "No measurement on held-out photos yet.";
  const of = ({ points }) => points.map(([lmbda, bpp, psnr]) => `λ ${lmbda}: ${bpp.toFixed(3)} bits a pixel, ${psnr.toFixed(2)} dB`).join("; ");
  const now = curves.length > 1 ? ` Now, step ${count(curves.at(-1).step)}: ${of(curves.at(-1))}.` : "";
  return `Held-out photos. ${startName(curves[0], start).replace("s", "S")}: ${of(curves[0])}.${now}${verdict ? ` ${verdict}.` : ""}`;
}

/** The measurements as rows. @param {Log} log */
function tableOf({ held_out, curves }) {
  const cells = (texts) => texts.map((text) => element("td", {}, text));
  const row = (head, ...texts) => element("tr", {}, element("th", { scope: "row" }, head), ...cells(texts));
  const ends = curves.length > 1 ? [curves[0], curves[curves.length - 1]] : curves;
  const points = ends.flatMap(({ step, points }) => points.map(([lmbda, bpp, psnr]) => row(count(step), String(lmbda), bpp.toFixed(3), psnr.toFixed(2))));
  const losses = held_out.map(([step, loss, best]) => row(count(step), loss == null ? "no number" : loss.toFixed(4), best ? "best so far" : ""));
  const table = (names, rows) =>
    element("table", {}, element("thead", {}, element("tr", {}, ...names.map((name) => element("th", { scope: "col" }, name)))), element("tbody", {}, ...rows));
  return [table(["step", "held-out loss", ""], losses), table(["step", "λ", "bits a pixel", "PSNR (dB)"], points)];
}

function render({ model, el }) {
  const listeners = new Listeners();
  const log = () => ({
    series: numbers(Float32Array, model.get("series")),
    ...Object.fromEntries(["held_out", "curves", "start", "verdict"].map((name) => [name, model.get(name)])),
  });
  const loss = new PlotPlace(model, (plotly, drawing, theme, width) => {
    const shown = log();
    return plotly.react(drawing, lossTraces(shown, theme), lossLayout(shown, theme, width), plotConfig("training-loss"));
  });
  const rd = new PlotPlace(model, (plotly, drawing, theme, width) => {
    const shown = log();
    return plotly.react(drawing, rdTraces(shown, theme), rdLayout(shown, theme, width), plotConfig("training-rate-distortion"));
  });
  const verdict = element("p", { class: "dcae-training-verdict" });
  const rows = element("div", { class: "dcae-plot-rows" });
  const table = element("details", { class: "dcae-plot-numbers" }, element("summary", {}, "The measurements as tables"), rows);
  loss.root.classList.add("dcae-training-loss");
  rd.root.classList.add("dcae-training-rd");
  const root = element("div", { class: "dcae-widget dcae-training-curves" });
  root.append(element("h4", {}, "Loss"), loss.root, element("h4", {}, "Held-out photos: from the start to now"), verdict, rd.root, table);
  function sayState() {
    const shown = log();
    loss.drawing.setAttribute("aria-label", lossInWords(shown));
    rd.drawing.setAttribute("aria-label", rdInWords(shown));
    verdict.textContent = shown.verdict || (shown.curves.length ? "There is one measurement so far." : "There is no measurement yet.");
    if (table.open) rows.replaceChildren(...tableOf(shown));
  }
  el.append(root);
  listeners.follow(model, ["series", "held_out"], () => {
    sayState();
    loss.drawSoon();
  });
  listeners.follow(model, ["curves", "start", "verdict"], () => {
    sayState();
    rd.drawSoon();
  });
  listeners.add(table, "toggle", sayState);
  keepPlainKeys(listeners, root);
  sayState();
  return () => {
    loss.close();
    rd.close();
    listeners.removeAll();
    root.remove();
  };
}

export default { render };
