// The elements of a view, as the page has them before anything is drawn; and how texts are written into them.

const MODES = { split: "Split", side: "Side by side", flicker: "Flicker", difference: "Difference", blend: "Blend" };

/** Writes a text only where it is another one: the page is laid out anew for each. */
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const percent = (share) => `${Math.round(100 * share)} %`;

/** Four corners: not every font has a sign for a full screen. */
function cornersIcon() {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of [["width", 14], ["height", 14], ["viewBox", "0 0 14 14"]]) svg.setAttribute(name, String(value));
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", "M1 5V1h4M9 1h4v4M13 9v4H9M5 13H1V9");
  svg.append(path);
  return svg;
}

/** The elements of a view. */
function buildElements() {
  const group = `dcae-${Math.random().toString(36).slice(2)}`; // radio buttons of one name are one group in the whole page
  const modes = Object.entries(MODES).map(([mode, text]) =>
    element("label", {}, element("input", { type: "radio", name: group, value: mode }), element("span", {}, text)),
  );
  const button = (name, text, label) =>
    element("button", { type: "button", "data-action": name, title: label, "aria-label": label }, text);
  const dial = element("input", { type: "range" });
  const dialText = element("span", { class: "dcae-value" });
  const dialLabel = element("span", {});
  const zoom = element("span", { class: "dcae-zoom" });
  const parts = {
    modes: element("div", { class: "dcae-modes", role: "radiogroup", "aria-label": "Compare by" }, ...modes),
    dial,
    dialText,
    dialLabel,
    dialBox: element("label", { class: "dcae-dial" }, dialLabel, dial, dialText),
    zoom,
    zooming: element(
      "div",
      { class: "dcae-zooming", role: "group", "aria-label": "Zoom" },
      button("out", "−", "Zoom out"),
      zoom,
      button("in", "+", "Zoom in"),
      button("fit", "Fit", "Show the whole picture"),
      button("whole", "1:1", "One picture pixel to one pixel of the page: 100 %"),
      button("fullscreen", cornersIcon(), "Full screen"),
      button("help", "?", "Keys and gestures"),
    ),
    canvas: element("canvas", {}),
    chips: [element("div", { class: "dcae-chip" }), element("div", { class: "dcae-chip" })],
    handle: element(
      "div",
      { class: "dcae-handle", role: "slider", tabindex: "0", "aria-label": "Divider", "aria-valuemin": 0, "aria-valuemax": 100 },
      element("div", { class: "dcae-grip" }),
    ),
    help: element("div", { class: "dcae-help", role: "region", "aria-label": "Keys and gestures", hidden: true }),
    readout: element("div", { class: "dcae-readout" }),
    status: element("div", { class: "dcae-hidden", role: "status" }),
  };
  parts.pane = element("div", { class: "dcae-pane", tabindex: "0", role: "application" }, parts.canvas);
  parts.stage = element("div", { class: "dcae-stage" }, parts.pane, ...parts.chips, parts.handle, parts.help);
  parts.toolbar = element("div", { class: "dcae-toolbar" }, parts.modes, parts.dialBox, parts.zooming);
  const rows = [parts.toolbar, parts.stage, parts.readout, parts.status];
  parts.root = element("div", { class: "dcae-widget dcae-photo-view" }, ...rows);
  return parts;
}
