// The race: recorded training curves that play, with the ranking at each step.
import { sample } from "./race_look.js";
import { seedsOf, stepsOf } from "./race_numbers.js";
import { picture } from "./race_picture.js";
import { captionWords, endedWords, moment, summary, table } from "./race_words.js";
import {
  announcer, checkboxesControl, element, patch, radioControl, sliderControl, store,
} from "./shared.js";

const KEYS = ["race", "quantity", "part", "shown", "seed", "step"];
const QUANTITIES = [["error", "error (%)"], ["loss", "loss"]];
const WHOLE_RACE = 8000; // milliseconds; a place is shown for 80 to 500 of them
const NARROWEST = 280;

/** anywidget's entry: draws the state of `model` into `el` and keeps the two together. */
function render({ model, el }) {
  const state = store(model, KEYS, redraw);
  const speaker = announcer();
  const race = model.get("race");
  const places = stepsOf(race);
  const last = places.length - 1;
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  let timer = 0;
  let at = 0; // the place shown while the race is on
  let began = 0; // the step of the state meanwhile
  let width = 400;
  let drawn = false;

  const seeds = seedsOf(race);
  const controls = {
    quantity: radioControl({ label: "Quantity", choices: QUANTITIES },
      (quantity) => state.write({ quantity })),
    part: radioControl({ label: "Images", choices: [["train", "training"], ["test", "test"]] },
      (part) => state.write({ part })),
    seed: radioControl({
      label: "Seeds",
      choices: [[null, "all and their mean"], ...seeds.map((seed) => [seed, `seed ${seed}`])],
    }, (seed) => state.write({ seed })),
    shown: checkboxesControl({ label: "Nets", choices: race.nets.map(key) },
      (shown) => state.write({ shown })),
  };
  const slider = sliderControl({ label: "Training step" }, (place) => {
    halt();
    state.write({ step: places[place] });
  });
  const button = element("button", { type: "button", class: "rl-play" });
  button.addEventListener("click", () => (timer ? stop() : play()));

  const part = (name, ...children) => element("div", { class: `rl-${name}` }, ...children);
  const [pictureBox, tableBox, notes] = ["race-picture", "table", "notes"].map((name) => part(name));
  const choices = ["quantity", "part", ...(seeds.length > 1 ? ["seed"] : [])];
  el.append(part("race", element("p", { class: "rl-title" }, race.title),
    part("race-choices", ...choices.map((name) => controls[name].element)),
    pictureBox, part("race-mover", button, slider.element), controls.shown.element,
    tableBox, notes, speaker.element));
  patch(notes, [captionWords(race), ...endedWords(race)].map((note) => ["p", {}, [note]]));

  /** From where it stands to the end, and from the end anew; at once where motion is unwelcome. */
  function play() {
    const place = places.indexOf(state.read().step);
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

  function redraw() {
    const view = state.read();
    if (timer && view.step !== began) halt();
    for (const [name, control] of Object.entries(controls)) control.show(view[name]);
    draw();
    if (drawn && !timer) speaker.say(summary(race, view));
    drawn = true;
  }

  function draw() {
    const chosen = state.read();
    const view = timer ? { ...chosen, step: places[at] } : chosen;
    const place = places.indexOf(view.step);
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

/** A net as a choice: its name behind a piece of its line. */
function key({ label }, index) {
  const line = element("span", { class: "rl-key" });
  patch(line, [sample(index)]);
  return [label, line, label];
}

export default { render };
