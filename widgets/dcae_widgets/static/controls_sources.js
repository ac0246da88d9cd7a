// What is coded, with which weights, and what it is compared with: the panel's menus.

/** @param {View} view @param {(files: File[]) => void} take */
function photoSource(view, take) {
  const { model, listeners } = view;
  const { select } = nameMenu(view, "Photo", "photos", "photo");
  const picker = element("input", { type: "file", accept: "image/*,.dcae", hidden: true, tabindex: -1 });
  const open = button("Open… a photo or a .dcae file", icon("open"), element("span", {}, "Open…"));
  listeners.add(select, "change", () => save(model, { photo: select.value }));
  listeners.add(open, "click", () => picker.click());
  listeners.add(picker, "change", () => {
    take([...picker.files]);
    picker.value = ""; // the same file may be picked again
  });
  return element("div", { class: "dcae-controls-source" }, element("span", { "aria-hidden": "true" }, "Photo"), select, open, picker);
}

/** The models' menu, whose last entry is a path that is typed in, where paths are allowed. @param {View} view */
function modelSource(view) {
  const { model, listeners } = view;
  const byPath = element("option", { value: "a path or folder…" }, "a path or folder…");
  const { select, draw } = nameMenu(view, "Model", "models", "model", model.get("paths") ? [byPath] : []);
  const path = element("input", {
    type: "text",
    placeholder: "a path or folder…",
    "aria-label": "Path of a checkpoint, or of a folder of fixed-λ checkpoints",
    spellcheck: "false",
    autocomplete: "off",
  });
  const use = element("button", { type: "submit" }, "Use");
  const cancel = button("Back to the menu", icon("close"));
  const form = element("form", { class: "dcae-controls-path", hidden: true }, path, use, cancel);

  function typePath(/** @type {boolean} */ open) {
    form.hidden = !open;
    select.hidden = open;
    draw();
    (open ? path : select).focus();
  }
  listeners.add(select, "change", () => {
    if (select.selectedOptions[0] === byPath) typePath(true);
    else save(model, { model: select.value });
  });
  listeners.add(form, "submit", (event) => {
    event.preventDefault();
    const typed = path.value.trim();
    if (typed) save(model, { model: typed });
    typePath(false);
  });
  listeners.add(form, "keydown", (event) => event.key === "Escape" && typePath(false));
  listeners.add(cancel, "click", () => typePath(false));
  return element("div", { class: "dcae-controls-source" }, element("span", { "aria-hidden": "true" }, "Model"), select, form);
}

/** What our picture is compared with: the photo, or another codec's picture. @param {View} view */
function otherSource({ model, el, listeners }) {
  const select = element("select", { class: "dcae-controls-other", "aria-label": "Compare with" });
  function draw() {
    const [names, current] = [model.get("others"), model.get("other")];
    const options = ["", ...names].map((name) => element("option", { value: name }, `against ${name || "the photo"}`));
    select.replaceChildren(...options);
    select.value = current;
    select.title = current ? `Compared with a file of ${current} that has at most as many bytes` : "Compared with the photo";
    select.hidden = !names.length;
    el.classList.toggle("dcae-controls-compares", names.length > 0);
  }
  draw();
  listeners.follow(model, ["others", "other"], draw);
  listeners.add(select, "change", () => save(model, { other: select.value }));
  return select;
}
