// Small things every page does.
const labelOf = {
  "math-display": "Formula",
  "rl-table": "Table",
  "rl-figure": "Figure",
};

/** What scrolls within itself must be reachable by keyboard, and has a name. */
function nameScrollers() {
  const candidates = document.querySelectorAll(
    ".math-display, .rl-table, .rl-figure, .bd-article pre, .cell_output .output"
  );
  for (const box of candidates) {
    const scrolls = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    if (scrolls) {
      const kind = Object.keys(labelOf).find((name) => box.classList.contains(name));
      box.tabIndex = 0;
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", `${labelOf[kind] ?? "Code or output"}, scrolls`);
    } else if (box.hasAttribute("aria-label")) {
      for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
    }
  }
}

/** A wide table gets a box of its own to scroll in. */
function wrapTables() {
  for (const table of document.querySelectorAll(".bd-article table")) {
    if (table.closest("div.rl-table")) continue;
    const box = document.createElement("div");
    box.className = "rl-table";
    table.replaceWith(box);
    box.append(table);
  }
}

function toggleFullScreen() {
  if (document.fullscreenElement) document.exitFullscreen();
  else document.documentElement.requestFullscreen();
}

/** Paper is white: what a dark page would print is hardly seen. */
function printLight() {
  const root = document.documentElement;
  let shown = root.dataset.theme;
  window.addEventListener("beforeprint", () => {
    shown = root.dataset.theme;
    root.dataset.theme = "light";
  });
  window.addEventListener("afterprint", () => {
    root.dataset.theme = shown;
  });
}

function start() {
  printLight();
  wrapTables();
  nameScrollers();
  window.addEventListener("resize", nameScrollers);
  document.fonts?.ready.then(nameScrollers);
  const printButton = document.querySelector(".rl-print");
  printButton?.addEventListener("click", () => window.print());
  document.querySelector(".rl-fullscreen")?.addEventListener("click", toggleFullScreen);
  document.addEventListener("toggle", nameScrollers, true);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
else start();
