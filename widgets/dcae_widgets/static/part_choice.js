// Which part of a page is shown: radio buttons, which bring keys and words for screen readers along.

function render({ model, el }) {
  const listeners = new Listeners();
  const group = `dcae-${Math.random().toString(36).slice(2)}`; // radio buttons of one name are one group in the whole page
  const heading = element("h2", { id: `${group}-title` }, model.get("title"));
  const row = element("div", { class: "dcae-parts-row", role: "radiogroup", "aria-labelledby": `${group}-title` });
  const words = element("p", { class: "dcae-parts-words" });
  const busy = element("span", {});
  const status = element("p", { class: "dcae-parts-status", role: "status" }, element("i", { "aria-hidden": "true" }), busy);
  const error = element("p", { class: "dcae-parts-error", role: "alert" });
  const root = element("div", { class: "dcae-widget dcae-parts" }, heading, row, words, status, error);

  const inputs = model.get("parts").map(({ name, title }) => {
    const input = element("input", { type: "radio", name: group, value: name });
    row.append(element("label", {}, input, element("span", {}, title)));
    listeners.add(input, "change", () => {
      model.set("part", input.value);
      model.save_changes();
    });
    return input;
  });

  function draw() {
    const chosen = model.get("part");
    for (const input of inputs) input.checked = input.value === chosen;
    words.textContent = model.get("parts").find(({ name }) => name === chosen)?.words ?? "";
    busy.textContent = model.get("busy") || model.get("said");
    status.classList.toggle("dcae-parts-working", Boolean(model.get("busy")));
    error.textContent = model.get("error");
    error.hidden = !model.get("error");
  }
  listeners.follow(model, ["part", "busy", "said", "error"], draw);
  keepPlainKeys(listeners, root);
  draw();
  el.append(root);
  return () => {
    listeners.removeAll();
    root.remove();
  };
}

export default { render };
