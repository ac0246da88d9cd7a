// What the explorer's panel is made of: icons, buttons, and menus that follow traits.

/** What every part of the panel is given.
 * @typedef {{ model: any, el: HTMLElement, listeners: Listeners, say: (text: string) => void }} View */

/** Shapes of 16 x 16, drawn with lines. */
const ICONS = {
  open: "M2 12.5v-9h4l1.5 2H14v7z",
  download: "M8 2v8.5M4.5 7.5 8 11l3.5-3.5M2.5 13.5h11",
  copy: "M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z",
  link: "M6.8 9.2a2.6 2.6 0 0 0 3.7 0l2.2-2.2a2.6 2.6 0 0 0-3.7-3.7l-.9.9M9.2 6.8a2.6 2.6 0 0 0-3.7 0L3.3 9a2.6 2.6 0 0 0 3.7 3.7l.9-.9",
  chevron: "m4.5 6.5 3.5 3.5 3.5-3.5",
  close: "m4 4 8 8M12 4l-8 8",
  polish: "M7 2.5 8.5 6 12 7.5 8.5 9 7 12.5 5.5 9 2 7.5 5.5 6zM12.5 2v3M11 3.5h3M12.5 11v3M11 12.5h3",
  stop: "M4.5 4.5h7v7h-7z",
};

/** @param {keyof typeof ICONS} name */
function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  for (const [key, value] of Object.entries({ viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" })) svg.setAttribute(key, value);
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button whose whole name is `name`; what is shown of it may be shorter. @param {string} name @param {...(Node|string)} content */
function button(name, ...content) {
  return element("button", { type: "button", "aria-label": name, title: name }, ...content);
}

/** Sets traits and sends them in one message. @param {any} model @param {Record<string, any>} traits */
function save(model, traits) {
  for (const [name, value] of Object.entries(traits)) model.set(name, value);
  model.save_changes();
}

/** A labelled menu of names that follows the traits `list` and `chosen`. @param {View} view @param {string} label @param {string} list @param {string} chosen @param {Node[]} [after] more options */
function nameMenu({ model, listeners }, label, list, chosen, after = []) {
  const select = element("select", { "aria-label": label });
  function draw() {
    const [names, current] = [model.get(list), model.get(chosen)];
    const all = names.includes(current) || !current ? names : [current, ...names];
    select.replaceChildren(...all.map((name) => element("option", { value: name }, name.replaceAll("_", " "))), ...after);
    select.value = current;
    select.title = `${label}: ${current}`;
  }
  draw();
  listeners.follow(model, [list, chosen], draw);
  return { select, draw };
}
