// The ballot of a blind test: three answers by buttons and keys. It says what the hand answers, by messages.

/** The answers in the order of the pictures: name, key, and what it is called. */
const ANSWERS = [
  ["left", "l", "Left is better"],
  ["neither", "n", "No difference"],
  ["right", "r", "Right is better"],
];

function render({ model, el }) {
  const listeners = new Listeners();
  const sentence = element("p", { class: "dcae-blind-sentence", role: "status" });
  const lines = element("ul", { class: "dcae-blind-lines", role: "status" });
  const error = element("p", { class: "dcae-blind-error", role: "alert" });
  const reveal = element("button", { type: "button", class: "dcae-blind-reveal" });
  const answer = (name) => model.get("revealed") || model.send({ type: "answer", answer: name, round: model.get("round") });
  const buttons = ANSWERS.map(([name, key, words]) => {
    const button = element("button", { type: "button", "data-answer": name, "aria-keyshortcuts": key }, words, element("kbd", {}, key.toUpperCase()));
    listeners.add(button, "click", () => answer(name));
    return button;
  });
  const row = element("div", { class: "dcae-blind-answers", role: "group", "aria-label": "Your vote" }, ...buttons);
  const root = element("div", { class: "dcae-widget dcae-blind" }, sentence, row, reveal, lines, error);

  function draw() {
    const revealed = model.get("revealed");
    sentence.textContent = model.get("sentence");
    for (const button of buttons) button.disabled = revealed;
    reveal.textContent = revealed ? "Go on, blind" : "Reveal which is which";
    lines.replaceChildren(...model.get("lines").map((line) => element("li", {}, line)));
    error.textContent = model.get("error");
    error.hidden = !model.get("error");
  }
  listeners.follow(model, ["sentence", "revealed", "lines", "error"], draw);
  listeners.add(reveal, "click", () => model.send({ type: "reveal", reveal: !model.get("revealed") }));
  // The keys hold for the pictures above too, whose own keys end in them: so they are caught on their way down.
  listeners.add(document, "keydown", (event) => {
    const test = root.closest(".dcae-blind-test") ?? root;
    if (!test.contains(event.target) || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
    const pressed = ANSWERS.find(([, key]) => key === event.key.toLowerCase());
    if (!pressed) return;
    event.preventDefault();
    event.stopPropagation();
    answer(pressed[0]);
  }, { capture: true });
  keepPlainKeys(listeners, root);
  draw();
  el.append(root);
  return () => {
    listeners.removeAll();
    root.remove();
  };
}

export default { render };
