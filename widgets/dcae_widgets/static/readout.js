// Numbers of what is shown, and where the file's bytes go: one bar with a table under it. All of it is built from traits.

const KINDS = {
  estimate: ["Estimate", "from likelihoods; no file is written while λ moves"],
  file: ["File", "a file that was written, counted and decoded"],
  opened: ["Opened file", "the numbers of the file that was opened"],
  "": ["", ""],
};

const grouped = new Intl.NumberFormat("en-US");

/** Digits of a number, or what stands for it where there is none. @param {number|string|null} value @param {(value: number) => string} format */
function digits(value, format) {
  if (value === null) return "–";
  return value === "inf" ? "∞" : format(Number(value));
}

/** @param {number} seconds */
function duration(seconds) {
  return seconds < 1 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(seconds < 10 ? 2 : 1)} s`;
}

/** How many times smaller, to two or three digits; of a few pixels a file is larger. @param {number} times */
function ratio(times) {
  if (times < 1) return `1 : ${times.toPrecision(2)}`;
  return `1 : ${times < 10 ? times.toFixed(1) : grouped.format(Math.round(times))}`;
}

/** @param {number} value */
function msSsimDb(value) {
  return value >= 1 ? "∞ dB" : `${(-10 * Math.log10(1 - value)).toFixed(2)} dB`;
}

/** What is said in small beside a number. @param {number|string|null} value @param {(value: number) => string} [small] */
function beside(value, small) {
  if (!small || value === null) return "";
  return value === "inf" ? "dB" : small(Number(value));
}

const kilobytes = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(bytes < 99_950 ? 1 : 0)} kB`;

/** Each number: its key, its name, its digits, and what is said in small beside it. @type {[string, string, (value: number) => string, ((value: number) => string)?][]} */
const ROWS = [
  ["bytes", "File size", (value) => grouped.format(Math.round(value)), (value) => `bytes · ${kilobytes(value)}`],
  ["bpp", "Bits per pixel", (value) => value.toFixed(3), () => "bpp"],
  ["ratio", "To raw RGB", ratio],
  ["psnr_db", "PSNR", (value) => value.toFixed(2), () => "dB"],
  ["ms_ssim", "MS-SSIM", (value) => value.toFixed(4), msSsimDb],
  ["encode_s", "Encoded in", duration],
  ["decode_s", "Decoded in", duration],
];

/** Whole bytes that add up to the rounded total: the largest remainders are rounded up. @param {[string, number][]} parts @returns {number[]} */
function wholeBytes(parts) {
  const floors = parts.map(([, size]) => Math.floor(size));
  const total = Math.round(parts.reduce((sum, [, size]) => sum + size, 0));
  const missing = total - floors.reduce((sum, size) => sum + size, 0);
  const byRemainder = parts.map(([, size], index) => [size - floors[index], index]).sort((a, b) => b[0] - a[0]);
  for (const [, index] of byRemainder.slice(0, missing)) floors[index] += 1;
  return floors;
}

/** @param {string} name */
function colourOf(name) {
  const slice = /^slice (\d+)$/.exec(name);
  if (slice) return `var(--dcae-slice-${Number(slice[1]) % 5})`;
  return name === "z" ? "var(--dcae-z)" : "var(--dcae-header)";
}

/** What the final numbers are, in one sentence for screen readers. @param {any} model */
function sentence(model) {
  const numbers = model.get("numbers");
  const known = ROWS.filter(([key]) => key in numbers && numbers[key] !== null);
  const said = known.map(([key, name, format, small]) => [name, digits(numbers[key], format), beside(numbers[key], small)].filter(Boolean).join(" "));
  return `${KINDS[model.get("kind")][0]}: ${said.join(", ")}`;
}

function render({ model, el }) {
  const listeners = new Listeners();
  const badge = element("span", { class: "dcae-readout-badge" });
  const caption = element("span", { class: "dcae-readout-caption" });
  const numbers = element("dl", { class: "dcae-readout-numbers" });
  const bar = element("div", { class: "dcae-readout-bar", role: "img" });
  const legend = element("tbody");
  const happened = element(
    "div",
    { class: "dcae-readout-happened" },
    element("h3", {}, "What happened"),
    bar,
    element(
      "table",
      {},
      element("caption", { class: "dcae-hidden" }, "The parts of the file"),
      element(
        "thead",
        {},
        element("tr", {}, ...["Part", "Bytes", "Share"].map((name) => element("th", { scope: "col" }, name))),
      ),
      legend,
    ),
  );
  const live = element("div", { class: "dcae-hidden", "aria-live": "polite" });
  el.classList.add("dcae-widget", "dcae-readout");
  el.append(element("div", { class: "dcae-readout-head" }, badge, caption), numbers, happened, live);

  function drawHead() {
    const [name, title] = KINDS[model.get("kind")];
    badge.textContent = name;
    badge.title = title;
    badge.dataset.kind = model.get("kind");
    caption.textContent = model.get("caption");
    caption.title = model.get("caption");
  }

  function drawNumbers() {
    const values = model.get("numbers");
    const rows = ROWS.filter(([key]) => key in values).map(([key, name, format, small]) => {
      const digitsAndUnit = [digits(values[key], format), element("small", {}, beside(values[key], small))];
      return element("div", { class: "dcae-readout-number", "data-key": key }, element("dt", {}, name), element("dd", {}, ...digitsAndUnit));
    });
    numbers.replaceChildren(...rows);
  }

  function drawParts() {
    const parts = model.get("parts");
    const bytes = wholeBytes(parts);
    const total = bytes.reduce((sum, size) => sum + size, 0);
    const share = (/** @type {number} */ size) => `${((100 * size) / Math.max(1, total)).toFixed(1)} %`;
    happened.hidden = parts.length === 0;
    bar.replaceChildren(
      ...parts.map(([name], index) => {
        const segment = element("span", { title: `${name}: ${grouped.format(bytes[index])} bytes, ${share(bytes[index])}` });
        segment.style.flexGrow = bytes[index];
        segment.style.background = colourOf(name);
        return segment;
      }),
    );
    const sizes = parts.map(([name], index) => `${name} ${grouped.format(bytes[index])}`).join(", ");
    bar.setAttribute("aria-label", `Stacked bar of ${grouped.format(total)} bytes: ${sizes}`);
    const rows = parts.map(([name], index) => {
      const swatch = element("i", { "aria-hidden": "true" });
      swatch.style.background = colourOf(name);
      return element(
        "tr",
        {},
        element("th", { scope: "row" }, swatch, name),
        element("td", {}, grouped.format(bytes[index])),
        element("td", {}, share(bytes[index])),
      );
    });
    const sum = element("tr", { class: "dcae-readout-sum" }, element("th", { scope: "row" }, "together"));
    sum.append(element("td", {}, grouped.format(total)), element("td", {}, share(total)));
    legend.replaceChildren(...rows, sum);
  }

  function drawPending() {
    const pending = model.get("pending");
    el.classList.toggle("dcae-readout-pending", pending);
    const isFinal = !pending && ["file", "opened"].includes(model.get("kind"));
    if (isFinal && live.textContent !== sentence(model)) live.textContent = sentence(model);
  }

  const draw = () => [drawHead, drawNumbers, drawParts, drawPending].forEach((part) => part());
  draw();
  listeners.follow(model, ["kind", "caption"], drawHead);
  listeners.follow(model, ["numbers"], drawNumbers);
  listeners.follow(model, ["parts"], drawParts);
  listeners.follow(model, ["pending", "numbers", "kind"], drawPending);
  return () => {
    listeners.removeAll();
    el.replaceChildren();
  };
}

export default { render };
