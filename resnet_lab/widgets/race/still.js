// The race without its controls, at its end.
import { stepsOf } from "./numbers.js";
import { picture } from "./picture.js";
import { noteWords, table } from "./words.js";

const WIDTH = 400;

/** The figure of a page without a script. */
export function still({ race, ...chosen }) {
  const view = { ...chosen, step: stepsOf(race).at(-1) };
  return ["figure", { class: "rl-still rl-race-still" }, [
    ["p", { class: "rl-title" }, [race.title]],
    ["div", { class: "rl-race-picture" }, [picture(race, view, WIDTH)]],
    ["div", { class: "rl-table" }, [table(race, view)]],
    ["figcaption", { class: "rl-notes" }, noteWords(race).map((note) => ["p", {}, [note]])],
  ]];
}
