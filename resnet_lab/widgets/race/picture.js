// The picture of the race as plain data: `[tag, attributes, children]`.
import { colorOf, dashesOf, marker } from "./look.js";
import {
  along, chosenRuns, linearScale, meanCurve, seriesOf, stepsOf, valueScale,
} from "./numbers.js";
import { NONE_CHOSEN, pictureWords, quantityWords } from "./words.js";

const [LEFT, RIGHT, TOP, BOTTOM] = [48, 22, 30, 42];

const tenth = (value) => Math.floor(value * 10 + 0.5) / 10;

/** Where steps and values lie in a picture of a given width. */
function chartOf(race, view, width) {
  const height = Math.min(380, 40 + Math.floor(0.6 * width));
  const [right, bottom] = [width - RIGHT, height - BOTTOM];
  const across = linearScale(Math.max(stepsOf(race).at(-1), race.until ?? 0) || 1, false);
  const up = valueScale(race, view);
  const x = (step) => tenth(LEFT + along(across, step) * (right - LEFT));
  const y = (value) => tenth(bottom - along(up, value) * (bottom - TOP));
  const line = (points) => points.map(([step, value], i) => {
    if (value === null) return "";
    return `${i > 0 && points[i - 1][1] !== null ? "L" : "M"}${x(step)} ${y(value)}`;
  }).join("");
  return { width, height, right, bottom, across, up, x, y, line };
}

const text = (x, y, anchor, words) => ["text", {
  x, y, "text-anchor": anchor, "font-size": 13, fill: "currentColor",
}, [words]];

/** Both axes with their marks and names. */
function frame({ height, right, bottom, across, up, x, y }, view) {
  const ink = { fill: "none", stroke: "currentColor" };
  const levels = up.ticks.map(([value]) => `M${LEFT} ${y(value)}H${right}`).join("");
  const marks = across.ticks.map(([step]) => `M${x(step)} ${bottom}v5`).join("");
  const cut = up.cut ? `, cut at ${up.high}` : "";
  const axes = `M${LEFT} ${TOP}V${bottom}H${right}${marks}`;
  return [
    ["path", { d: levels, ...ink, "stroke-opacity": 0.15 }],
    ["path", { d: axes, ...ink, "stroke-opacity": 0.7 }],
    ["g", {}, up.ticks.map(([value, words]) =>
      text(LEFT - 6, Math.ceil(y(value)) + 4, "end", words))],
    ["g", {}, across.ticks.map(([step, words]) => text(x(step), bottom + 19, "middle", words))],
    text(2, 15, "start", `${quantityWords(view)}${up.log ? ` (log scale${cut})` : ""}`),
    text(right, height - 4, "end", "training step"),
  ];
}

const upTo = (points, step) => points.filter(([at]) => at <= step);

/** From the last point up to the step on; nothing where that is the end. */
function beyond(points, step) {
  if (!points.length || points.at(-1)[0] <= step) return [];
  return points.slice(Math.max(0, upTo(points, step).length - 1));
}

/** The lines of one net, up to the step and faintly beyond it, and its mark. */
function netLines(race, view, index, { x, y, line }) {
  const runs = chosenRuns(race.nets[index], view);
  const thick = meanCurve(race, race.nets[index], view);
  const parts = [];
  const draw = (lines, look) => {
    const d = lines.map(line).join("");
    if (d) parts.push(["path", { d, ...look }]);
  };
  if (runs.length > 1) {
    const thin = runs.map((run) =>
      race.grids[run.grid].step.map((step, i) => [step, run[seriesOf(view)][i]]));
    draw(thin.map((points) => beyond(points, view.step)), { "stroke-opacity": 0.15 });
    draw(thin.map((points) => upTo(points, view.step)), { "stroke-opacity": 0.55 });
  }
  const dashes = dashesOf(index);
  const reached = upTo(thick, view.step);
  draw([beyond(thick, view.step)], { "stroke-opacity": 0.3, "stroke-width": 1.5, ...dashes });
  draw([reached], { "stroke-width": 2.5, ...dashes });
  const [step, value] = reached.at(-1) ?? [0, null];
  if (value !== null) parts.push(marker(index, x(step), y(value)));
  return ["g", { fill: "none", stroke: colorOf(index), "stroke-linejoin": "round" }, parts];
}

/** The curves, `width` pixels wide. */
export function picture(race, view, width) {
  const chart = chartOf(race, view, width);
  const now = { d: `M${chart.x(view.step)} ${TOP}V${chart.bottom}`, stroke: "currentColor" };
  const shown = race.nets.flatMap(({ label }, index) =>
    (view.shown.includes(label) ? [netLines(race, view, index, chart)] : []));
  const empty = shown.length ? [] :
    [text((LEFT + chart.right) / 2, (TOP + chart.bottom) / 2, "middle", NONE_CHOSEN)];
  return ["svg", {
    class: "rl-race-svg", viewBox: `0 0 ${width} ${chart.height}`, width, height: chart.height,
    role: "img", "aria-label": pictureWords(race, view),
  }, [
    ...frame(chart, view),
    ["path", { ...now, "stroke-opacity": 0.5, "stroke-dasharray": "1 3" }],
    ...shown,
    ...empty,
  ]];
}
