// What two or more widgets use. Python puts this file in front of each widget's own: no imports, no exports here.

/** Event listeners and other things to undo, so that a view that is closed leaves nothing behind. */
class Listeners {
  #undo = [];

  /** Adds a DOM event listener. @param {EventTarget} target @param {string} type @param {(event: any) => void} handler @param {object} [options] */
  add(target, type, handler, options) {
    target.addEventListener(type, handler, options);
    this.#undo.push(() => target.removeEventListener(type, handler, options));
  }

  /** Follows traits of a model: calls `handler` when one of `names` changes. @param {any} model @param {string[]} names @param {() => void} handler */
  follow(model, names, handler) {
    const events = names.map((name) => `change:${name}`).join(" ");
    model.on(events, handler);
    this.#undo.push(() => model.off(events, handler));
  }

  /** Anything else that has to be undone. @param {() => void} undo */
  later(undo) {
    this.#undo.push(undo);
  }

  removeAll() {
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}

/** An element with a class, attributes, and children (strings become text). @param {string} tag @param {Record<string, any>} [attributes] @param {...(Node|string)} children */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, String(value));
  }
  made.append(...children);
  return made;
}

/** What an arrow key adds to a column and a row. */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** A number, or the end of a range that it is beyond. @param {number} value @param {number} low @param {number} high */
const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

/** A trait of bytes as numbers; copied, since it may begin anywhere in its buffer. @param {any} Type @param {DataView|undefined} view */
function numbers(Type, view) {
  if (!view?.byteLength) return new Type();
  return new Type(view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength));
}

/** Keeps plain keys that are pressed in `el` from the notebook around it, whose commands they are too (Enter, arrows, d, ...).
 * JupyterLab hears of keys last, so that they can be stopped here; Notebook 7 hears of them first, on the document, and passes over
 * a target that bears Lumino's attribute, so that has to be there by then. @param {Listeners} listeners @param {HTMLElement} el */
function keepPlainKeys(listeners, el) {
  const isPlain = (event) => !(event.ctrlKey || event.metaKey || event.altKey || (event.shiftKey && event.key === "Enter"));
  const hide = (event) => el.contains(event.target) && event.target.toggleAttribute("data-lm-suppress-shortcuts", isPlain(event));
  listeners.add(window, "keydown", hide, { capture: true });
  listeners.add(el, "keydown", (event) => isPlain(event) && event.stopPropagation());
}

/** Whether an element can have the focus, if it is one that takes it. @param {any} each */
const isUsable = (each) => !each.disabled && !each.closest("[inert]") && each.getClientRects().length > 0;

/** Changes which parts of a widget are there and can be used. From what vanishes the focus would fall to the page's body, where a
 * notebook takes keys for commands: it goes to the nearest control before it, else to the next one. @param {() => void} change */
function keepFocus(change) {
  const focused = document.activeElement;
  change();
  const widget = focused?.closest(".dcae-widget");
  if (!widget || isUsable(focused)) return;
  const controls = [...widget.querySelectorAll("button, select, input")].filter((each) => each.tabIndex >= 0 && isUsable(each));
  const isBefore = (each) => focused.compareDocumentPosition(each) & Node.DOCUMENT_POSITION_PRECEDING;
  (controls.findLast(isBefore) ?? controls[0])?.focus();
}

/** So long what a hand sets waits before the kernel hears of it: a moving hand says where it is ten times a second, not sixty. */
const SAVE_MS = 100;

/** Sets traits of a model for this page at once, and for Python soon. */
class SoonSaved {
  #model;
  #timer = 0;

  /** @param {any} model */
  constructor(model) {
    this.#model = model;
  }

  /** @param {string} name @param {any} value @param {object} [options] of Backbone, whose models these are */
  set(name, value, options) {
    this.#model.set(name, value, options);
    this.#timer ||= setTimeout(() => this.now(), SAVE_MS);
  }

  /** Python hears of what it has not heard yet. */
  now() {
    if (!this.#timer) return;
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#model.save_changes();
  }
}

/** The model that a trait of another one refers to. @param {any} model @param {string} reference as ipywidgets writes it */
const referredModel = (model, reference) => model.widget_manager.get_model(reference.slice("IPY_MODEL_".length));
