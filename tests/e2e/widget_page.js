// A page that shows anywidgets without Jupyter: models as ipywidgets and anywidget 0.11 hand them to a view, and counts of
// everything that a view has to give back. Python (widget_page.py) is the other end; it calls `window.widgetPage`.

const BUFFER_OFFSET = 4; // a view that reads `.buffer` without its offset reads rubbish here, as it may in Jupyter

/** What is held by the page's code: listeners, observers, timers, frames. */
const held = { window: 0, document: 0, element: 0, other: 0, observers: 0, timers: 0, frames: 0 };

function countListeners() {
  const { addEventListener: add, removeEventListener: remove } = EventTarget.prototype;
  const known = new WeakMap(); // target -> handler -> set of "type capture"
  const kind = (target) =>
    target === window ? "window" : target === document ? "document" : target instanceof Element ? "element" : "other";
  const key = (type, options) => `${type} ${Boolean(typeof options === "object" ? options?.capture : options)}`;
  const forget = (target, type, handler, options) => {
    if (known.get(target)?.get(handler)?.delete(key(type, options))) held[kind(target)] -= 1;
  };
  EventTarget.prototype.addEventListener = function (type, handler, options) {
    const target = this ?? window;
    if (handler && !options?.signal?.aborted) {
      const handlers = known.get(target) ?? known.set(target, new Map()).get(target);
      const names = handlers.get(handler) ?? handlers.set(handler, new Set()).get(handler);
      if (!names.has(key(type, options))) {
        names.add(key(type, options));
        held[kind(target)] += 1;
        if (options?.once) add.call(target, type, () => forget(target, type, handler, options), options);
        if (options?.signal) add.call(options.signal, "abort", () => forget(target, type, handler, options));
      }
    }
    add.call(target, type, handler, options);
  };
  EventTarget.prototype.removeEventListener = function (type, handler, options) {
    forget(this ?? window, type, handler, options);
    remove.call(this ?? window, type, handler, options);
  };
}

function countObservers() {
  for (const name of ["ResizeObserver", "IntersectionObserver", "MutationObserver"]) {
    window[name] = class extends window[name] {
      #watching = false;
      #set(watching) {
        held.observers += Number(watching) - Number(this.#watching);
        this.#watching = watching;
      }
      observe(...args) {
        this.#set(true);
        super.observe(...args);
      }
      disconnect() {
        this.#set(false);
        super.disconnect();
      }
    };
  }
}

function countTimers() {
  const pairs = [
    ["setTimeout", "clearTimeout", "timers", true],
    ["setInterval", "clearInterval", "timers", false],
    ["requestAnimationFrame", "cancelAnimationFrame", "frames", true],
  ];
  for (const [begin, end, name, once] of pairs) {
    const pending = new Set();
    const [start, stop] = [window[begin].bind(window), window[end].bind(window)];
    const forget = (id) => pending.delete(id) && (held[name] -= 1);
    window[begin] = (handler, ...rest) => {
      const id = start((...args) => {
        if (once) forget(id);
        handler(...args);
      }, ...rest);
      pending.add(id);
      held[name] += 1;
      return id;
    };
    window[end] = (id) => {
      forget(id);
      stop(id);
    };
  }
}

countListeners();
countObservers();
countTimers();

const isView = (value) => ArrayBuffer.isView(value);

function equal(a, b) {
  if (Object.is(a, b)) return true;
  if (isView(a) && isView(b)) {
    if (a.byteLength !== b.byteLength) return false;
    const [x, y] = [a, b].map((view) => new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
    return x.every((byte, index) => byte === y[index]);
  }
  if (typeof a !== "object" || typeof b !== "object" || !a || !b || isView(a) || isView(b)) return false;
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name in b && equal(a[name], b[name]));
}

/** A Backbone model as far as widgets see it. */
class Model {
  #state;
  #changed = new Map();
  #handlers = []; // { event, handler, context }

  constructor(id, state) {
    this.id = id;
    this.#state = state;
    this.comm_live = true;
    this.widget_manager = { get_model: getModel, disconnect };
  }

  get(name) {
    return this.#state[name];
  }

  set(names, value, options) {
    const [values, { silent }] = typeof names === "string" ? [{ [names]: value }, options ?? {}] : [names, value ?? {}];
    this.#assign(values, { own: true, silent });
  }

  /** What arrives from Python is no change of the page's own. */
  receive(state) {
    this.#assign(state, { own: false });
  }

  #assign(values, { own, silent = false }) {
    const changes = Object.keys(values).filter((name) => !equal(this.#state[name], values[name]));
    for (const name of changes) {
      this.#state[name] = values[name];
      if (own) this.#changed.set(name, values[name]);
    }
    if (silent) return;
    for (const name of changes) this.trigger(`change:${name}`, this, values[name]);
    if (changes.length) this.trigger("change", this);
  }

  save_changes() {
    if (!this.comm_live || !this.#changed.size) return;
    const state = structuredClone(Object.fromEntries(this.#changed));
    this.#changed.clear();
    outbox.push({ id: this.id, method: "update", state, buffers: [] });
  }

  send(content, _callbacks, buffers = []) {
    if (!this.comm_live) throw new Error("Cannot send"); // as JupyterLab's comms
    const copies = buffers.map((buffer) =>
      isView(buffer) ? buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.byteLength) : buffer.slice(0),
    );
    outbox.push({ id: this.id, method: "custom", content: structuredClone(content), buffers: copies });
  }

  on(events, handler, context) {
    for (const event of events.split(/\s+/)) this.#handlers.push({ event, handler, context });
  }

  off(events, handler, context) {
    const names = events?.split(/\s+/);
    this.#handlers = this.#handlers.filter(
      (entry) =>
        (names && !names.includes(entry.event)) ||
        (handler && entry.handler !== handler) ||
        (context && entry.context !== context),
    );
  }

  trigger(event, ...args) {
    for (const entry of [...this.#handlers]) if (entry.event === event) entry.handler(...args);
  }

  get handlerCount() {
    return this.#handlers.length;
  }
}

const models = new Map();
const views = [];
let outbox = [];

async function getModel(id) {
  if (!models.has(id)) throw new Error(`there is no widget model ${id}`);
  return models.get(id);
}

/** As of ipywidgets' manager: no model has a kernel any more. */
function disconnect() {
  for (const model of models.values()) {
    model.comm_live = false;
    model.trigger("comm_live_update");
  }
}

/** As anywidget's: what a view registers through it is known by the view. */
function proxy(model, context) {
  return {
    get: model.get.bind(model),
    set: model.set.bind(model),
    save_changes: model.save_changes.bind(model),
    send: model.send.bind(model),
    on: (events, handler) => model.on(events, handler, context),
    off: (events, handler) => model.off(events, handler, context),
    widget_manager: model.widget_manager,
  };
}

async function fetchBuffers(urls) {
  return Promise.all(
    urls.map(async (url) => {
      const bytes = await (await fetch(url)).arrayBuffer();
      const shifted = new Uint8Array(bytes.byteLength + BUFFER_OFFSET);
      shifted.set(new Uint8Array(bytes), BUFFER_OFFSET);
      return new DataView(shifted.buffer, BUFFER_OFFSET);
    }),
  );
}

function putBuffers(state, paths, buffers) {
  paths.forEach((path, index) => {
    const holder = path.slice(0, -1).reduce((value, key) => value[key], state);
    holder[path.at(-1)] = buffers[index];
  });
  return state;
}

function base64(buffer) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(",") + 1));
    reader.readAsDataURL(new Blob([buffer]));
  });
}

const modules = new Map(); // source -> promise of the module, as anywidget loads it: once a model

window.widgetPage = {
  async open({ id, state, paths, buffers }) {
    models.set(id, new Model(id, putBuffers(state, paths, await fetchBuffers(buffers))));
  },

  async receive({ id, data, buffers }) {
    const views = await fetchBuffers(buffers);
    if (data.method === "custom") models.get(id).trigger("msg:custom", data.content, views);
    else if (data.method === "update") models.get(id).receive(putBuffers(data.state, data.buffer_paths, views));
  },

  async addView(id, width, late) {
    const model = models.get(id);
    if (!modules.has(id)) {
      const url = URL.createObjectURL(new Blob([model.get("_esm")], { type: "text/javascript" }));
      modules.set(id, import(url));
      const style = document.createElement("style");
      style.textContent = model.get("_css") ?? "";
      document.head.append(style);
    }
    const { default: exported } = await modules.get(id);
    const definition = typeof exported === "function" ? await exported() : exported;
    const el = document.createElement("div");
    el.dataset.view = String(views.length);
    if (width) el.style.width = `${width}px`;
    if (!late) document.body.append(el);
    const controller = new AbortController();
    const view = { el, controller };
    views.push(view);
    view.cleanup = await definition.render({ model: proxy(model, view), el, signal: controller.signal });
    if (late) document.body.append(el);
    return views.length - 1;
  },

  async closeView(index) {
    const view = views[index];
    view.controller.abort();
    await view.cleanup?.();
    view.el.remove();
  },

  async collect() {
    const messages = outbox;
    outbox = [];
    return Promise.all(
      messages.map(async (message) => ({ ...message, buffers: await Promise.all(message.buffers.map(base64)) })),
    );
  },

  disconnect,

  get: (id, name) => models.get(id).get(name),

  held: () => ({
    ...held,
    models: [...models.values()].reduce((sum, model) => sum + model.handlerCount, 0),
  }),
};
