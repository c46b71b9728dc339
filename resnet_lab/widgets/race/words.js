// The sentences of the race, and its table.
import { sample } from "./look.js";
import { epochAt, fixed, ranking, valueScale } from "./numbers.js";

export const NONE_CHOSEN = "No net is chosen.";

/** What is drawn, with its unit. */
export const quantityWords = ({ part, quantity }) =>
  `${part === "train" ? "training" : "test"} ${quantity === "error" ? "error (%)" : "loss"}`;

/** A value of the chosen quantity: errors with two decimals, losses with three digits or so. */
function numberText(value, { quantity }) {
  if (value >= 1e6) return "over a million";
  if (quantity === "error") return fixed(value, 2);
  if (value === 0) return "0";
  const more = [0.1, 0.01, 0.001].filter((limit) => value < limit).length;
  return fixed(value, 3 + more - [10, 100, 1000].filter((limit) => value >= limit).length);
}

/** A step, and its epoch where that is the same for all. */
export function moment(race, step) {
  const at = epochAt(race, step);
  const text = `step ${fixed(step, 0)}`;
  return at === null ? text : `${text}, epoch ${fixed(at, Number.isInteger(at) ? 0 : 2)}`;
}

/** What the table shows. */
function heading(race, view) {
  const words = quantityWords(view);
  const seed = view.seed === null ? "" : `, seed ${view.seed}`;
  return `${words[0].toUpperCase()}${words.slice(1)} at ${moment(race, view.step)}${seed}`;
}

/** The lowest and the highest at the step, in a sentence. */
export function summary(race, view) {
  const found = ranking(race, view).filter(({ spread }) => spread)
    .map(({ spread, label }) => `${numberText(spread[0], view)}, ${label}`);
  let text = `lowest ${found[0]}; highest ${found.at(-1)}.`;
  if (found.length === 1) text = `${found[0]}.`;
  if (!found.length) text = view.shown.length ? "no value." : NONE_CHOSEN;
  return `${heading(race, view)}: ${text}`;
}

/** The text alternative of the picture. */
export function pictureWords(race, view) {
  const { log: isLog, cut, high } = valueScale(race, view);
  const log = isLog ? `, on a logarithmic axis${cut ? ` cut at ${high}` : ""}` : "";
  const kind = `${race.title}: ${race.data}. Line chart of ${quantityWords(view)} by step${log}.`;
  if (!view.shown.length) return `${kind} ${NONE_CHOSEN}`;
  const places = ranking(race, view).map((place) => course(place, view)).join("; ");
  return `${kind} ${heading(race, view)}, from lowest to highest: ${places}.`;
}

function course({ label, spread, measured, start }, view) {
  if (!spread) return `${label} has no value`;
  const [value, low, high] = spread.map((one) => numberText(one, view));
  const over = measured > 1 ? `, ${low} to ${high} over ${measured} seeds` : "";
  return `${label} ${value}${over}${start === null ? "" : ` (at first ${numberText(start, view)})`}`;
}

/** What the curves were measured on, and how to read the lines. */
function captionWords(race) {
  const counts = race.nets.map(({ runs }) => runs.length);
  const [low, high] = [Math.min(...counts), Math.max(...counts)];
  const thinned = race.one_of ? ` One of ${race.one_of} measured points is kept.` : "";
  const end = `What is still to come is faint.${thinned}`;
  if (high === 1) return `Trained on ${race.data}, one run a net. ${end}`;
  const runs = low === high ? `${low}` : `${low} to ${high}`;
  return `Trained on ${race.data}, ${runs} seeds a net. Thin lines are single runs, thick lines ` +
    `their mean. ${end}`;
}

/** The runs that did not finish, and why; of several with their seed. */
const endedWords = (race) => race.nets.flatMap(({ label, runs }) =>
  runs.filter(({ ended }) => ended !== undefined).map(({ seed, ended }) =>
    `Did not finish: ${label}${runs.length > 1 ? `, seed ${seed}` : ""} (${ended}).`));

/** What is said below the curves, whatever is chosen. */
export const noteWords = (race) => [captionWords(race), ...endedWords(race)];

/** The shown nets in order, with spread over the seeds where there is one. */
export function table(race, view) {
  const places = ranking(race, view);
  const spread = places.some(({ runs }) => runs > 1);
  const heads = ["rank", "net", ...(spread ? ["mean", "lowest–highest"] : ["value"])];
  return ["table", { class: "rl-ranks" }, [
    ["caption", {}, [heading(race, view)]],
    ["thead", {}, [["tr", {}, heads.map((head) => ["th", { scope: "col" }, [head]])]]],
    ["tbody", {}, places.map((place) => ["tr", {}, cells(place, view, spread)])],
  ]];
}

function cells({ net, label, rank, spread, measured, runs }, view, hasSpread) {
  const [value, low, high] = (spread ?? []).map((one) => numberText(one, view));
  let between = measured < 2 ? "–" : `${low}–${high}`;
  if (measured < runs) between += ` (${measured}\u00a0of\u00a0${runs}\u00a0seeds)`;
  const texts = hasSpread ? [value ?? "–", between] : [value ?? "–"];
  return [
    ["td", {}, [rank === null ? "–" : `${rank}`]],
    ["th", { scope: "row" }, [sample(net), ` ${label}`]],
    ...texts.map((text) => ["td", {}, [text]]),
  ];
}
