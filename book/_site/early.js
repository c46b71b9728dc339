// Runs before the first paint: the theme's color mode, without a flash of the other one.
{
  const root = document.documentElement;
  const dark = window.matchMedia("(prefers-color-scheme: dark)").matches;
  let mode = "auto";
  try {
    mode = localStorage.getItem("mode") || "auto";
  } catch {
    // Storage is refused in some private windows.
  }
  root.dataset.mode = mode;
  root.dataset.theme = mode === "auto" ? (dark ? "dark" : "light") : mode;
  root.classList.add("has-script");
}
