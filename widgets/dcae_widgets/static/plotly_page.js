// Plots on a page: its one plotly.js, which whoever needs it first asks the kernel for, and a place where a plot is drawn in the
// theme's colours. Python puts this file in front of each widget that draws plots.

/** Where a page keeps its one Plotly: {promise, since}. */
const PLOTLY = Symbol.for("dcae_widgets plotly.js");
/** After so long without an answer the kernel may be busy or gone, and a newcomer asks for itself. */
const PATIENCE_MS = 8000;
/** A message that JupyterLab sends before it has a subshell for the widget waits for the cell that runs: it is sent again, after
 * this time, then twice this time, and so on. The kernel answers each asking once. */
const AGAIN_MS = 1000;
/** plotly.js looks for module systems; a page that has some (RequireJS) must not be taken for one. */
const WITHOUT_MODULES = "const module = undefined, exports = undefined, define = undefined, require = undefined;\n";
/** Curves of estimates take their colours from the first list, curves of files from the second, others' from the third: on light, on
 * dark paper. */
const COLOURS = {
  light: {
    estimate: ["#1f66a8", "#0f8b8d", "#6a5acd"], file: ["#c9601c", "#3a8f5c", "#8a4fa3", "#b03a48"],
    published: ["#5b6770", "#8c6d46", "#4f7f86", "#7d6b91", "#7a8450", "#a0616a"],
  },
  dark: {
    estimate: ["#6cb0ee", "#4cc3c5", "#a99df5"], file: ["#f0955a", "#6fc592", "#c792dd", "#ee7d89"],
    published: ["#a7b4bd", "#d2b084", "#8fc2c9", "#bdaad2", "#bac489", "#dfa0a8"],
  },
};

/** How a plot answers the hand: it can be saved as a picture. @param {string} filename */
const plotConfig = (filename) => ({
  displaylogo: false, modeBarButtons: [["toImage"]], typesetMath: false, scrollZoom: false, doubleClick: false,
  toImageButtonOptions: { format: "png", scale: 2, filename },
});

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
    const lost = () => settle(reject, new Error("the kernel has stopped")); // asking it again would be an error of its own
    model.on("msg:custom", answered);
    model.on("comm_live_update", lost);
    listeners.later(() => model.off("msg:custom", answered));
    listeners.later(() => model.off("comm_live_update", lost));
    listeners.add(signal, "abort", () => settle(reject, signal.reason));
    const message = { type: "plotly.js", asking: `${Date.now()}-${Math.random()}` };
    let timer = 0;
    const ask = (wait) => {
      model.send(message);
      timer = window.setTimeout(() => ask(2 * wait), wait);
    };
    listeners.later(() => clearTimeout(timer));
    ask(AGAIN_MS);
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
  const { fontFamily: family } = getComputedStyle(root);
  const type = Number(getComputedStyle(root).getPropertyValue("--dcae-type")) || 1; // how much larger all type is
  probe.remove();
  const [red, green, blue] = (theme.paper.match(/[\d.]+/g) ?? [255, 255, 255]).map(Number);
  const isDark = 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  const veil = `rgba(${red}, ${green}, ${blue}, 0.8)`; // under the legend, so that grid and curves do not cross its words
  return { ...theme, veil, family, type, colours: isDark ? COLOURS.dark : COLOURS.light };
}

/** Text that Plotly shows as it is: it would read markup. @param {string} text */
const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

/** What the layouts of all plots share. @param {any} theme @param {{width: number, height: number}} size CSS px */
const plotLayout = (theme, size) => ({
  ...size, dragmode: false, hovermode: "closest", paper_bgcolor: theme.paper, plot_bgcolor: theme.paper,
  font: { family: theme.family, size: 12 * theme.type, color: theme.ink },
  hoverlabel: { bgcolor: theme.paper, bordercolor: theme.soft, font: { family: theme.family, color: theme.ink, size: 12 * theme.type }, align: "left" },
});

/** An axis. @param {string} text @param {any} theme @param {object} [more] */
const plotAxis = (text, theme, more) => ({
  title: { text, font: { size: 12 * theme.type, color: theme.soft }, standoff: 6 }, fixedrange: true, color: theme.soft, gridcolor: theme.line,
  gridwidth: 1, linecolor: theme.line, showline: true, zeroline: false, nticks: 7, tickfont: { size: 11 * theme.type }, ...more,
});

/** A place where one plot is drawn, again when the theme or the width changes; until plotly.js is there it says so in words. */
class PlotPlace {
  #model;
  #paint;
  #listeners = new Listeners();
  #closing = new AbortController();
  #text = element("div", { class: "dcae-plot-text", role: "status" });
  #plotly = null;
  #theme = null; // read again when it is null
  #frame = 0;
  drawing = element("div", { class: "dcae-plot-drawing", role: "figure" }); // no "img", which would hide its button
  root = element("div", { class: "dcae-plot-place" }, this.drawing, this.#text);

  /** @param {any} model @param {(plotly: any, drawing: HTMLElement, theme: any, width: number) => any} paint */
  constructor(model, paint) {
    this.#model = model;
    this.#paint = paint;
    this.#listen();
    this.#load();
  }

  close() {
    this.#closing.abort();
    this.#listeners.removeAll();
    this.#plotly?.purge(this.drawing);
    this.root.remove();
  }

  /** Draws before the next frame. */
  drawSoon() {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #listen() {
    const listeners = this.#listeners;
    listeners.add(this.#text, "click", (event) => event.target.closest("button") && this.#load());
    const dressAnew = () => {
      this.#theme = null;
      this.drawSoon();
    };
    listeners.add(this.root, "transitionend", (event) => {
      if (event.target === this.root && event.propertyName === "color") dressAnew();
    });
    // JupyterLab hides the page while it changes the theme, and what is hidden has no transitions; but it gets its size
    // back, and the theme's name is written on the body once its colours are there.
    const name = new MutationObserver(dressAnew);
    name.observe(document.body, { attributeFilter: ["data-jp-theme-name", "data-jp-theme-light"] });
    listeners.later(() => name.disconnect());
    const size = new ResizeObserver(dressAnew);
    size.observe(this.root);
    listeners.later(() => size.disconnect());
    listeners.later(() => cancelAnimationFrame(this.#frame));
  }

  async #load() {
    this.#text.classList.remove("dcae-plot-failed");
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

  #draw() {
    this.#frame = 0;
    const width = this.root.clientWidth; // 0 while the plot is hidden
    if (!this.#plotly || !width) return;
    this.#theme ??= themeOf(this.root);
    Promise.resolve(this.#paint(this.#plotly, this.drawing, this.#theme, width)).catch((error) => this.#fail(error));
  }

  /** @param {string} words over the plot; none: the plot is seen @param {string} [action] what a button offers, which is to load again */
  #say(words, action) {
    this.#text.replaceChildren(words, ...(action ? [element("button", { type: "button" }, action)] : []));
    this.#text.hidden = !words;
  }

  #fail(error) {
    if (this.#closing.signal.aborted) return;
    this.#text.classList.add("dcae-plot-failed");
    this.#say(`The plot cannot be drawn: ${error?.message ?? error}`, "Try again");
  }
}
