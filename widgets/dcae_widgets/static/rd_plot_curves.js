// Curves of the rate-distortion plot: what they are called, which are shown, and how they look.

/** A point: bits a pixel, PSNR in dB, what is said of it, MS-SSIM in dB. @typedef {[number, number|null, string, number|null]} CurvePoint */
/** @typedef {{name: string, kind: "estimate"|"file", points: CurvePoint[]}} Curve */
/** @typedef {{name: string, group: "means"|"published", points: CurvePoint[], source: string, ours: boolean}} Reference */
/** @typedef {{bpp: number, psnr_db: number|null, kind: "estimate"|"file", label: string, ms_ssim_db: number|null}} Point */
/** A curve of any group, with how it looks. @typedef {{key: string, group: string, name: string, words: string, points: CurvePoint[],
 *   source: string, color: string, dash: string, width: number, symbol: string}} DrawnCurve */

const KIND_WORDS = { estimate: "estimates", file: "files" };
const POINT_WORDS = { estimate: "this photo, estimated", file: "this photo’s file" };
const GROUP_WORDS = { photo: "This photo", means: "Kodak means", published: "Published" };
const GROUP_HELP = {
  photo: "Curves of this photo",
  means: "Means over Kodak’s 24 photos, measured here: dashed",
  published: "Means over Kodak’s 24 photos, published by others: dashes and dots",
};
const MEASURES = { psnr: { name: "PSNR", column: 1, field: "psnr_db" }, ms_ssim: { name: "MS-SSIM", column: 3, field: "ms_ssim_db" } };
const PUBLISHED_SYMBOLS = ["square", "diamond", "triangle-up", "triangle-down", "cross", "x"];

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
