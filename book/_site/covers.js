// Opens what covers.css keeps covered. Nothing is remembered: like an answer's fold, a cover is
// closed again when the page is loaded again.

/** Show what a cover holds, and say so. */
function uncover(cover) {
  if (!cover || cover.classList.contains("rl-open")) return;
  cover.classList.add("rl-open");
  cover.querySelector(".rl-covered").removeAttribute("hidden");
  // A status that says the same as before is not read out again.
  said.textContent = `The result is shown (${covers.indexOf(cover) + 1} of ${covers.length}).`;
  window.dispatchEvent(new Event("resize")); // what measures itself had no size until now
}

const coverOf = (part) => part?.closest(".rl-cover");
const covers = [...document.querySelectorAll(".rl-cover")];
const said = document.createElement("p");

/** Open what a link leads into. */
function followAddress() {
  const target = document.querySelector(":target");
  const cover = coverOf(target);
  if (!cover || cover.classList.contains("rl-open")) return;
  uncover(cover);
  target.scrollIntoView();
}

said.className = "visually-hidden";
said.setAttribute("role", "status");
document.querySelector("main").append(said);

document.addEventListener("toggle", ({ target }) => {
  if (!target.matches(".rl-option[open]")) return;
  uncover(document.querySelector(`.rl-cover[data-item="${target.dataset.item}"]`));
}, true);

document.addEventListener("click", ({ target }) => {
  if (!target.matches(".rl-uncover")) return;
  uncover(coverOf(target));
  coverOf(target).querySelector(".rl-covered").focus({ preventScroll: true });
});

window.addEventListener("hashchange", followAddress);
followAddress();

for (const cover of covers) {
  const covered = cover.querySelector(".rl-covered");
  // Find-in-page looks into what is hidden like this, and says when it has found something.
  if ("onbeforematch" in document.body && !cover.classList.contains("rl-open")) {
    covered.setAttribute("hidden", "until-found");
  }
  covered.addEventListener("beforematch", () => uncover(cover));
  // A page that is opened from the search marks the words that were searched for.
  new MutationObserver(() => {
    if (covered.querySelector(".highlighted")) uncover(cover);
  }).observe(covered, { childList: true, subtree: true });
}
