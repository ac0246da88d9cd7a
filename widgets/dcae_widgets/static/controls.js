// The explorer's panel: photo, model and λ; uploads, downloads and copying. It says what the hand asks for. Its parts are files
// of their own, which Python puts in front of this one.

function render({ model, el }) {
  const listeners = new Listeners();
  const status = statusLine({ model, el, listeners, say: () => {} });
  const view = { model, el, listeners, say: status.say };
  const take = uploader(view, status);
  const { bar, panel } = actions(view);
  el.classList.add("dcae-widget", "dcae-controls");
  const sources = element("div", { class: "dcae-controls-sources" }, photoSource(view, take), modelSource(view), otherSource(view));
  const row = element("div", { class: "dcae-controls-row" }, sources, status.line, bar);
  const slider = lmbdaSlider(view, polishButton(view));
  const pane = errorPane(view);
  el.append(row, slider, pane, panel);
  function drawEnd() {
    const isFocused = [row, slider].some((part) => part.contains(document.activeElement));
    row.inert = slider.inert = isOver(model);
    if (isFocused && isOver(model)) pane.focus(); // nothing else is left
  }
  drawEnd();
  listeners.follow(model, ["error"], drawEnd);
  keepPlainKeys(listeners, el);
  dropAndPaste(view, take);
  followKernel(view);
  if (!isOver(model)) remember(view);
  return () => {
    listeners.removeAll();
    el.replaceChildren();
  };
}

export default { render };
