// The race: training curves that play, with the ranking at each step.
import {
  announcer, checkboxesControl, element, patch, radioControl, sliderControl, store,
} from "../js/shared.js";
import { sample } from "./look.js";
import { seedsOf, stepsOf } from "./numbers.js";
import { picture } from "./picture.js";
import { moment, noteWords, summary, table } from "./words.js";

const KEYS = ["race", "quantity", "part", "shown", "seed", "step"];
const QUANTITIES = [["error", "error (%)"], ["loss", "loss"]];
const PARTS_SEEN = [["train", "training"], ["test", "test"]];
const WHOLE_RACE = 8000; // milliseconds; a place is shown for 80 to 500 of them
const NARROWEST = 280;

/** anywidget's entry: draws the state of `model` into `el` and keeps the two together. */
function render({ model, el }) {
  const state = store(model, KEYS, redraw);
  const speaker = announcer();
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let race = null; // the curves that are drawn, and the steps at which they were measured
  let places = [];
  let last = -1;
  let offered = "";
  let timer = 0;
  let at = 0; // the place shown while the race is on
  let began = 0; // the step of the state meanwhile
  let width = 400;

  const controls = {
    quantity: radioControl({ label: "Quantity", choices: QUANTITIES },
      (quantity) => state.write({ quantity })),
    part: radioControl({ label: "Images", choices: PARTS_SEEN }, (part) => state.write({ part })),
  };
  const slider = sliderControl({ label: "Training step" }, (place) => {
    halt();
    state.write({ step: places[place] });
  });
  const button = element("button", { type: "button", class: "rl-play" });
  button.addEventListener("click", () => (timer ? stop() : play()));

  const part = (name, ...children) => element("div", { class: `rl-${name}` }, ...children);
  const title = element("p", { class: "rl-title" });
  const [seedBox, netBox] = ["race-seeds", "race-nets"].map((name) => part(name));
  const [pictureBox, tableBox, notes] = ["race-picture", "table", "notes"].map((name) => part(name));
  const root = part("race", title,
    part("race-choices", controls.quantity.element, controls.part.element, seedBox),
    pictureBox, part("race-mover", button, slider.element), netBox,
    tableBox, notes, speaker.element);
  el.append(root);

  /** Takes curves, at first and where new ones come while a run goes on. */
  function take(curves) {
    race = curves;
    places = stepsOf(race);
    last = places.length - 1;
    root.hidden = last < 0;
    if (last < 0) return;
    title.textContent = race.title;
    patch(notes, noteWords(race).map((note) => ["p", {}, [note]]));
    const seeds = seedsOf(race);
    const labels = race.nets.map(({ label }) => label);
    if (JSON.stringify([seeds, labels]) === offered) return;
    offered = JSON.stringify([seeds, labels]);
    controls.seed = radioControl({
      label: "Seeds",
      choices: [[null, "all and their mean"], ...seeds.map((seed) => [seed, `seed ${seed}`])],
    }, (seed) => state.write({ seed }));
    controls.shown = checkboxesControl({ label: "Nets", choices: race.nets.map(key) },
      (shown) => state.write({ shown }));
    swap(seedBox, seeds.length > 1 ? [controls.seed.element] : []);
    swap(netBox, [controls.shown.element]);
  }

  /** Changes what is in a box; a reader who stood there stays there. */
  function swap(box, children) {
    const stood = [...box.querySelectorAll("input")].indexOf(root.getRootNode().activeElement);
    box.replaceChildren(...children);
    box.querySelectorAll("input")[stood]?.focus({ preventScroll: true });
  }

  const placeOf = (step) => Math.max(0, places.findLastIndex((measured) => measured <= step));

  /** From where it stands to the end, and from the end anew; at once where motion is unwelcome. */
  function play() {
    const place = placeOf(state.read().step);
    const start = place === last ? 0 : place;
    if (calm.matches) {
      state.write({ step: places[place === last ? 0 : last] });
      return;
    }
    at = start;
    began = state.read().step;
    timer = setInterval(advance, Math.max(80, Math.min(500, WHOLE_RACE / places.length)));
    draw();
  }

  function advance() {
    at += 1;
    if (at >= last) stop();
    else draw();
  }

  function halt() {
    clearInterval(timer);
    timer = 0;
  }

  function stop() {
    halt();
    state.write({ step: places[Math.min(at, last)] });
  }

  /** Says what changed where the reader changed it: curves that grow would never be silent. */
  function redraw() {
    const view = state.read();
    const isNew = view.race !== race;
    if (timer && (isNew || view.step !== began)) halt();
    if (isNew) take(view.race);
    for (const [name, control] of Object.entries(controls)) control.show(view[name]);
    draw();
    if (!isNew && !timer) speaker.say(summary(race, view));
  }

  function draw() {
    if (last < 0) return;
    const chosen = state.read();
    const view = timer ? { ...chosen, step: places[at] } : chosen;
    const place = placeOf(view.step);
    slider.show(place, last, moment(race, view.step));
    patch(button, [buttonWords(place)]);
    patch(pictureBox, [picture(race, view, width)]);
    patch(tableBox, [table(race, view)]);
  }

  function buttonWords(place) {
    if (timer) return "Pause";
    if (calm.matches) return place === last ? "To the start" : "To the end";
    return place === last ? "Play again" : "Play";
  }

  const observer = new ResizeObserver(([entry]) => {
    const wide = Math.max(NARROWEST, Math.floor(entry.contentRect.width));
    if (!entry.contentRect.width || wide === width) return;
    width = wide;
    draw();
  });
  observer.observe(pictureBox);
  calm.addEventListener("change", draw);
  redraw();
  return () => {
    halt();
    observer.disconnect();
    calm.removeEventListener("change", draw);
    state.close();
    speaker.close();
  };
}

/** A net as a choice: its name after a piece of its line. */
function key({ label }, index) {
  const line = element("span", { class: "rl-key" });
  patch(line, [sample(index)]);
  return [label, line, label];
}

export default { render };
