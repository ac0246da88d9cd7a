// The rate-distortion plot in words and as a table.

const inDb = (db) => (db == null ? "identical" : `${db.toFixed(2)} dB`);
const place = (bpp, db) => `${bpp.toFixed(3)} bits a pixel, ${inDb(db)}`;

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

/** Whether the kernel has compared with the chosen anchor, over the chosen measure: it may be busy still. @param {any} state */
const isRated = ({ rated, anchor, measure }) => rated[0] === anchor && rated[1] === measure;

/** The BD-rates against the chosen anchor: none of another one's, nor while it is not shown. @param {any} state */
function ratesOf(state) {
  const { rates, anchor, groups } = state;
  return isRated(state) && groups.some((group) => anchor.startsWith(`${group}/`)) ? rates : {};
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
