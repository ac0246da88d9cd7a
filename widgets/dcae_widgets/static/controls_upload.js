// Files that are picked, dropped or pasted: what takes them, and how they come to Python.

const PIECE_BYTES = 1 << 20;

/** @typedef {{ id: string, file: File, count: number }} Upload The file that is under way, the first of so many. */

/** Files go to Python in pieces, each after the one before has arrived. @param {View} view @param {ReturnType<typeof statusLine>} status @returns {(files: File[]) => void} */
function uploader({ model, listeners, say }, status) {
  let current = /** @type {Upload | null} */ (null);

  function end() {
    current = null;
    status.showUpload(null);
  }
  function cancel() {
    if (current && !isOver(model)) model.send({ type: "upload-cancel", id: current.id });
    end();
  }
  /** @param {number} index */
  async function sendPiece(index) {
    const { id, file, count } = /** @type {Upload} */ (current);
    const begin = index * PIECE_BYTES;
    if (begin >= file.size) {
      end();
      if (count > 1) say(`Of ${count} files the first is opened`);
      return;
    }
    status.showUpload(file, begin);
    try {
      const piece = await file.slice(begin, begin + PIECE_BYTES).arrayBuffer();
      if (current?.id === id) model.send({ type: "upload-piece", id, index }, undefined, [piece]);
    } catch {
      if (current?.id !== id) return;
      cancel();
      const folders = model.get("paths") ? " A folder is opened by its path, in the model menu." : "";
      save(model, { error: `${file.name} cannot be read.${folders}` });
    }
  }
  /** @param {any} content */
  function receive(content) {
    if (!current || content.id !== current.id) return;
    if (content.type === "upload-ack") sendPiece(content.index + 1);
    if (content.type === "upload-refused") end();
  }
  model.on("msg:custom", receive);
  listeners.later(() => model.off("msg:custom", receive));
  listeners.later(() => current && cancel());
  listeners.follow(model, ["error"], () => isOver(model) && end());
  listeners.add(status.cancel, "click", cancel);
  return (files) => {
    if (!files.length || isOver(model)) return;
    if (current) cancel();
    const [file] = files;
    current = { id: `${Date.now()}-${Math.random()}`, file, count: files.length };
    status.showUpload(file);
    model.send({ type: "upload-begin", id: current.id, name: file.name, size: file.size });
  };
}

/** Files may be dropped anywhere on the explorer around the panel, and pasted where the focus is inside. On a page that Voila
 * serves nobody else takes files, and the browser would leave the page for one that is dropped beside the explorer: there the
 * first explorer takes what is dropped beside all of them. @param {View} view @param {(files: File[]) => void} take */
function dropAndPaste({ model, el, listeners }, take) {
  const overlay = element("div", { class: "dcae-widget dcae-controls-drop", "aria-hidden": "true" }, element("p", {}, "Drop a photo, or a .dcae file"));
  const explorer = () => /** @type {HTMLElement} */ (el.closest(".dcae-explorer") ?? el);
  const isFirst = () => document.querySelector(".dcae-explorer") === explorer();
  const isMine = (/** @type {Event} */ event) => event.target instanceof Node && explorer().contains(event.target);
  const isBeside = (/** @type {any} */ { target }) => "voila" in document.body.dataset && isFirst() && !target.closest?.(".dcae-explorer");
  const isDroppable = (/** @type {any} */ event) => event.dataTransfer.types.includes("Files") && (isMine(event) || isBeside(event));
  function show(/** @type {boolean} */ visible) {
    if (!visible) return overlay.remove();
    explorer().classList.add("dcae-controls-target");
    if (!overlay.isConnected) explorer().append(overlay);
  }
  // At the document, since the explorer is put around the panel only after the panel has been drawn.
  listeners.add(document, "dragover", (event) => {
    const accepted = isDroppable(event);
    show(accepted && !isOver(model));
    if (!accepted) return;
    event.preventDefault();
    event.stopPropagation();
    event.dataTransfer.dropEffect = isOver(model) ? "none" : "copy";
  }, true);
  listeners.add(document, "dragleave", (event) => event.relatedTarget === null && show(false), true);
  listeners.add(document, "drop", (event) => {
    show(false);
    if (!isDroppable(event)) return;
    event.preventDefault();
    event.stopPropagation();
    take([...event.dataTransfer.files]);
  }, true);
  listeners.add(document, "paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const isFree = event.target === document.body && isFirst();
    const isText = event.target.matches?.("input, textarea") && event.clipboardData?.types.includes("text/plain"); // of a spreadsheet, a picture comes along
    if (!files.length || isText || !(isMine(event) || isFree)) return;
    event.preventDefault();
    event.stopPropagation();
    take(files);
  }, true);
  listeners.later(() => show(false));
}
