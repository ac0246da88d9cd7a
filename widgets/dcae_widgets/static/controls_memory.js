// What the panel showed last, kept by the tab for a reload or carried by a link.

/** The state in a URL's query, or null. @param {string} url */
function stateOfUrl(url) {
  try {
    const { pathname, searchParams } = new URL(url, location.href);
    const isThisPage = pathname.split("/").pop() === location.pathname.split("/").pop(); // JupyterLab may open another notebook
    return isThisPage ? JSON.parse(searchParams.get("explore") ?? "null") : null;
  } catch {
    return null; // somebody's broken link opens the page as it is
  }
}

/** This tab's memory of the page: {load: the page load that wrote it, state}. */
const memory = {
  key: () => `dcae-explorer:${location.pathname}`,
  read() {
    try {
      return JSON.parse(sessionStorage.getItem(memory.key()) ?? "{}");
    } catch {
      return {}; // no storage here, or something else's
    }
  },
  /** @param {object | null} state */
  write(state) {
    try {
      sessionStorage.setItem(memory.key(), JSON.stringify({ load: performance.timeOrigin, state }));
    } catch {
      // No storage here: a reload then begins anew.
    }
  },
};

/** What is to be shown, once a page load: for a new explorer the state before a reload, else the link's; one that lives on
 * in the kernel follows only a link that has just been opened. @param {boolean} fresh */
function stateToRestore(fresh) {
  const { load, state = null } = memory.read();
  if (load === performance.timeOrigin) return null; // written by an explorer of this page load: the cell was run again
  const [navigation] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType("navigation"));
  const ofLink = stateOfUrl(location.href) ?? stateOfUrl(navigation?.name ?? ""); // JupyterLab takes the query off the URL
  const isBack = navigation?.type === "reload" || navigation?.type === "back_forward";
  const restored = fresh ? ((isBack ? state : null) ?? ofLink) : isBack ? null : ofLink;
  memory.write(restored ?? state);
  return restored;
}

/** @param {View} view */
function remember({ model, listeners }) {
  listeners.follow(model, ["state"], () => memory.write(model.get("state")));
  const fresh = model.get("fresh");
  if (fresh) save(model, { fresh: false });
  const state = stateToRestore(fresh);
  if (state) model.send({ type: "restore", state });
}
