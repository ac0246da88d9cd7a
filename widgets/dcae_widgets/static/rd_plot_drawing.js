// What Plotly is handed for the rate-distortion plot: its axes, traces and layout.

const HEIGHT_PX = 256;
/** Published curves go on where nobody compares; at higher rates they run off the axes. */
const WIDE_BPP = 2;
const HOVER_CHARACTERS = 46;

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
