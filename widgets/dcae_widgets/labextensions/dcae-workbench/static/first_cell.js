// A JupyterLab extension, written as the module-federation container that JupyterLab loads, so that nothing is built.
//
// `dcae lab` opens the lesson 00_start; this runs its first code cell, which shows the explorer. Only that lesson, at the
// top of the folder that is served, once for each time that the page is opened, and not where the explorer of its last
// run is still alive in the kernel: after a reload that one is shown again, with its state.
(() => {
  const LESSON = "00_start.ipynb";
  const WIDGET = "application/vnd.jupyter.widget-view+json";
  const WIDE_PX = 1600; // in a narrower window the file browser gives its room to the explorer
  let done = false;

  /** Whether a cell's output shows a widget that the kernel still has. */
  async function isAlive(cell, kernel) {
    const shown = cell.model.outputs.toJSON().map((output) => output.data?.[WIDGET]?.model_id).filter(Boolean);
    if (!shown.length) return false;
    const reply = await kernel.requestCommInfo({ target_name: "jupyter.widget" });
    return shown.every((id) => id in (reply.content.comms ?? {}));
  }

  /** Runs the first code cell of a notebook panel, and saves, so that a reload finds what it showed. */
  async function runFirstCell(app, panel) {
    await panel.context.ready;
    await panel.sessionContext.ready;
    const kernel = panel.sessionContext.session?.kernel;
    const index = panel.content.widgets.findIndex((cell) => cell.model.type === "code");
    if (!kernel || index < 0 || (await isAlive(panel.content.widgets[index], kernel))) return;
    if (window.innerWidth < WIDE_PX && !app.shell.leftCollapsed) app.shell.collapseLeft();
    panel.content.deselectAll();
    panel.content.activeCellIndex = index;
    await app.commands.execute("notebook:run-cell");
    await panel.context.save();
  }

  const plugin = {
    id: "dcae-workbench:first-cell",
    description: "Runs the first cell of 00_start",
    autoStart: true,
    activate: (app) => {
      const look = () => {
        const panel = app.shell.currentWidget;
        if (done || panel?.context?.path !== LESSON || !panel.sessionContext) return;
        done = true;
        app.shell.currentChanged?.disconnect(look);
        runFirstCell(app, panel).catch((error) => console.warn("the first cell of", LESSON, "was not run:", error));
      };
      app.shell.currentChanged?.connect(look);
      app.restored.then(look);
    },
  };

  globalThis._JUPYTERLAB ??= {};
  globalThis._JUPYTERLAB["dcae-workbench"] = {
    init: () => {},
    get: async () => () => ({ __esModule: true, default: plugin }),
  };
})();
