// The arithmetic of the race: means over seeds, ranks, axes.
const PARTS = ["train", "test"];
const NICE_TEXT = Array.from({ length: 75 }, (_, place) =>
  `${[1, 2, 5][place % 3]}e${Math.floor(place / 3) - 12}`);
const NICE = NICE_TEXT.map(Number);
const LOSS_TOP = 10;

const sorted = (numbers) => [...new Set(numbers)].sort((a, b) => a - b);
const isValue = (value) => value !== null;

/** Name of the chosen values in a run. */
export const seriesOf = ({ part, quantity }) => `${part}_${quantity}`;

/** Every seed of the race, in order. */
export const seedsOf = (race) =>
  sorted(race.nets.flatMap((net) => net.runs.map((run) => run.seed)));

/** Every step at which something was measured, in order. */
export const stepsOf = (race) => sorted(race.grids.flatMap((grid) => grid.step));

/** The epoch at a step, or null where runs measured there differ. */
export function epochAt(race, step) {
  const found = new Set(race.grids.flatMap((grid) => {
    const place = grid.step.indexOf(step);
    return place < 0 ? [] : [grid.epoch[place]];
  }));
  return found.size === 1 ? [...found][0] : null;
}

/** The runs of a net that the view asks for. */
export const chosenRuns = (net, { seed }) =>
  net.runs.filter((run) => seed === null || run.seed === seed);

/** The last value measured up to a step; null before the first point and after the last. */
export function valueAt(race, run, series, step) {
  const measured = race.grids[run.grid].step;
  const place = measured.findLastIndex((at) => at <= step);
  return place < 0 || step > measured.at(-1) ? null : run[series][place];
}

const mean = (values) => values.reduce((total, value) => total + value, 0) / values.length;

/** `[step, mean]` over the chosen runs at every step where one of them was measured. */
export function meanCurve(race, net, view) {
  const runs = chosenRuns(net, view);
  return sorted(runs.flatMap((run) => race.grids[run.grid].step)).map((step) => {
    const values = runs.map((run) => valueAt(race, run, seriesOf(view), step)).filter(isValue);
    return [step, values.length ? mean(values) : null];
  });
}

/** The shown nets, lowest mean first; those without a value last, in the order given. */
export function ranking(race, view) {
  const places = race.nets.flatMap((net, index) => {
    if (!view.shown.includes(net.label)) return [];
    const runs = chosenRuns(net, view);
    const values = runs.map((run) => valueAt(race, run, seriesOf(view), view.step)).filter(isValue);
    const spread = values.length
      ? [mean(values), Math.min(...values), Math.max(...values)] : null;
    const start = meanCurve(race, net, view).find(([, value]) => isValue(value))?.[1] ?? null;
    return [{
      net: index, label: net.label, rank: null, spread, measured: values.length,
      runs: runs.length, start,
    }];
  });
  const level = ({ spread }) => (spread ? spread[0] : Infinity);
  const ranked = places.map((place) => (place.spread
    ? { ...place, rank: 1 + places.filter((other) => level(other) < level(place)).length }
    : place));
  return ranked.sort((a, b) => (level(a) === level(b) ? 0 : level(a) - level(b)));
}

/** How far along an axis a value lies, 0 to 1. */
export function along({ low, high, log }, value) {
  const inside = Math.min(Math.max(value, low), high);
  return log ? Math.log10(inside / low) / Math.log10(high / low) : (inside - low) / (high - low);
}

/** The axis for the shown nets: one for training and test, all seeds and all steps. */
export function valueScale(race, { shown, quantity }) {
  const values = race.nets.filter(({ label }) => shown.includes(label))
    .flatMap(({ runs }) => runs.flatMap((run) =>
      PARTS.flatMap((part) => run[`${part}_${quantity}`]).filter(Boolean)));
  if (!values.length) return linearScale(1, true);
  const high = Math.max(...values);
  if (quantity === "error") return linearScale(high, true);
  const low = Math.min(...values);
  const top = low >= LOSS_TOP ? high : Math.min(high, LOSS_TOP);
  return { ...logScale(low, top), cut: top < high };
}

/** From 0 to `most`, or on to the next mark above it, in at most five equal parts. */
export function linearScale(most, stretch) {
  const top = Math.min(most, NICE.at(-1));
  const unit = NICE.find((nice) => 5 * nice >= top);
  const count = stretch ? Math.ceil(top / unit) : Math.floor(top / unit);
  const digits = [1, 0.1, 0.01, 0.001].filter((limit) => unit < limit).length;
  const ticks = Array.from({ length: count + 1 }, (_, i) => [unit * i, fixed(unit * i, digits)]);
  return { low: 0, high: stretch ? unit * count : top, log: false, ticks };
}

function logScale(low, high) {
  const first = Math.max(0, NICE.slice(0, -1).findLastIndex((nice) => nice <= low));
  const above = NICE.findIndex((nice) => nice >= high);
  const last = Math.max(above < 0 ? NICE.length - 1 : above, first + 1);
  let ticks = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  if (ticks.length > 7) ticks = ticks.filter((place) => place % 3 === 0);
  const every = Math.ceil(ticks.length / 7);
  return {
    low: NICE[first], high: NICE[last], log: true,
    ticks: ticks.filter((_, i) => i % every === 0).map((place) => [NICE[place], niceText(place)]),
  };
}

const niceText = (place) =>
  (NICE[place] >= 0.001 && NICE[place] < 10000 ? String(NICE[place]) : NICE_TEXT[place]);

/** A number with this many decimals, and commas between thousands. */
export function fixed(value, digits) {
  const [whole, rest] = value.toFixed(digits).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ",");
  return rest ? `${grouped}.${rest}` : grouped;
}
