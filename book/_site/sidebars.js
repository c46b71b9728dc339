// The buttons of the two sidebars say whether theirs is open, and keep the focus on a wide page.
const wide = window.matchMedia("(min-width: 992px)"); // where the theme shows the chapters at first

/** Let a button follow the hidden box that the theme keeps a sidebar's state in. */
function follow(button, box, openIs) {
  const say = (checked) => button.setAttribute("aria-expanded", String(openIs(checked)));
  const tell = () => say(box.checked);
  // Before the theme hears of the click, and toggles.
  const toggle = (event) => {
    say(!box.checked);
    if (wide.matches) {
      // The theme would move the focus into a sidebar that goes away.
      event.stopImmediatePropagation();
      box.checked = !box.checked;
    }
  };
  button.addEventListener("click", toggle, true);
  // The theme closes a sidebar by Escape and gives the focus back.
  button.addEventListener("focus", tell);
  box.addEventListener("change", tell);
  wide.addEventListener("change", tell);
  tell();
}

for (const [side, openIs] of [
  ["primary", (checked) => checked !== wide.matches],
  ["secondary", (checked) => checked],
]) {
  const button = document.querySelector(`.${side}-toggle`);
  if (button) follow(button, document.getElementById(`pst-${side}-sidebar-checkbox`), openIs);
}
