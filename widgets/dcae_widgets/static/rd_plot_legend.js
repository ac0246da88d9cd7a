// The rate-distortion plot's legend, whose curves can be chosen.

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
const DASHES = { dot: "2 3", solid: "", dash: "6 3", dashdot: "6 2 1 2" };

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
    const drawn = JSON.stringify([looks, anchor, rates, isRated(state), hasPoint && point.kind, theme.ink, theme.paper, measure]);
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
  #caption(curves, state) {
    const name = curves.find(({ key }) => key === state.anchor)?.name;
    let words = "Click a curve: BD-rates against it";
    if (name && !isRated(state)) words = `BD-rates against ${name} are being computed …`;
    else if (name && Object.keys(state.rates).length) words = `BD-rate over ${MEASURES[state.measure].name} (Akima) against ${name}`;
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
