// The two drawings of the stride calculator, as plain data: `[tag, attributes, children]`.
import {
  ArgumentError, checkInteger, farEnd, kernelSpan, outputSize, unreadPositions,
} from "../js/arithmetic.js";
import { BLUE, ORANGE } from "../js/palette.js";
import { inputWords, outputWords, signed } from "./words.js";

/** Smallest and largest setting the figure draws. */
export const LIMITS = {
  size: [1, 512], kernel: [1, 16], stride: [1, 16], padding: [0, 8], dilation: [1, 4],
};

/** Output size of a state, or an ArgumentError for one that cannot be. */
export function check(state) {
  const outputs = outputSize(state);
  const most = (name, limit) => {
    if (state[name] > limit) {
      throw new ArgumentError(name, `must be at most ${limit} in this figure, got ${state[name]}`);
    }
  };
  for (const [name, [, limit]] of Object.entries(LIMITS)) most(name, limit);
  for (const name of ["row", "column"]) {
    checkInteger(name, state[name], 0);
    most(name, outputs - 1);
  }
  return outputs;
}

/** Which positions of an axis are drawn: runs `[from, to, cell]`, with a break one cell wide
 *  between two. Both ends and the window, `start` to `stop`, are always drawn. The number of
 *  cells does not depend on where the window is, so the scale stays while it moves. */
export function axis(first, last, start, stop, near, far, room) {
  const focus = stop - start + 1;
  const spare = Math.max(0, room - near - focus - far);
  near += Math.ceil(spare / 2);
  far += Math.floor(spare / 2);
  const cells = near + focus + far + 2;
  if (last - first + 1 <= cells) return { runs: [[first, last, 0]], cells: last - first + 1 };
  const tail = [last - far + 1, last, cells - far];
  let runs = [[first, first + near - 1, 0], [start, stop, near + 1], tail];
  if (start - first - near < 2) {
    runs = [[first, first + near + focus, 0], tail];
  } else if (last - stop - far < 2) {
    runs = [[first, first + near - 1, 0], [last - far - focus, last, near + 1]];
  }
  return { runs, cells };
}

/** The parts of the positions `from` to `to` that are drawn, as `[cell, cells]`. */
function spans({ runs }, from, to) {
  return runs
    .map(([a, b, cell]) => [Math.max(a, from), Math.min(b, to), cell - a])
    .filter(([a, b]) => a <= b)
    .map(([a, b, shift]) => [a + shift, b - a + 1]);
}

const join = (items, draw) => items.map(draw).join("");
const count = (number, draw) => join([...Array(number + 1).keys()], draw);

/** Paths on a square grid whose axes are `rows` and `columns`, `area` wide at most. */
function grid(rows, columns, area) {
  const cell = Math.min(40, Math.floor(area / rows.cells));
  const side = cell * rows.cells;
  const [left, top] = [36 + Math.floor((area - side) / 2), 22];
  const x = (at) => left + at * cell;
  const y = (at) => top + at * cell;
  const blocks = (r0, r1, c0, c1, draw) => join(spans(rows, r0, r1), ([r, high]) =>
    join(spans(columns, c0, c1), ([c, wide]) => draw(x(c), y(r), wide, high)));
  return {
    x, y, cell, left, top, side,
    area: (a, b) => blocks(a, b, a, b, (X, Y, wide, high) =>
      `M${X} ${Y}h${wide * cell}v${high * cell}h-${wide * cell}z`),
    lines: (r0, r1, c0, c1) => blocks(r0, r1, c0, c1, (X, Y, wide, high) =>
      count(wide, (i) => `M${X + i * cell} ${Y}v${high * cell}`) +
      count(high, (i) => `M${X} ${Y + i * cell}h${wide * cell}`)),
    down: (line, a, b) => join(line, (p) => blocks(a, b, p, p, (X, Y, _, high) =>
      `M${X + cell / 2} ${Y}v${high * cell}`)),
    across: (line, a, b) => join(line, (p) => blocks(p, p, a, b, (X, Y, wide) =>
      `M${X} ${Y + cell / 2}h${wide * cell}`)),
    corner: (row, column) =>
      `translate(${x(spans(columns, column, column)[0][0])} ${y(spans(rows, row, row)[0][0])})`,
    breaks: () =>
      join(columns.runs.slice(1), ([, , at]) =>
        `M${x(at) - cell / 2 - 2} ${top}${"l4 4l-4 4".repeat(side / 8)}`) +
      join(rows.runs.slice(1), ([, , at]) =>
        `M${left} ${y(at) - cell / 2 - 2}${"l4 4l4 -4".repeat(side / 8)}`),
    labels: (byRow, byColumn) => ["g", { class: "rl-labels" }, [
      ...apart(byColumn, (p) => x(spans(columns, p, p)[0][0]) + cell / 2, 8,
        (at, text) => [at, top - 6, "middle", text]),
      ...apart(byRow, (p) => y(spans(rows, p, p)[0][0]) + cell / 2, 3,
        (at, text) => [left - 6, at + 4, "end", text]),
    ]],
  };
}

/** Labels of positions; where two would touch, the first in the list wins. */
function apart(positions, where, wide, place) {
  const taken = [];
  return positions.flatMap((position, index) => {
    const text = signed(position);
    const [at, half] = [where(position), (wide * text.length) / 2 + 3];
    if (taken.some(([other, room]) => Math.abs(other - at) < half + room)) return [];
    taken.push([at, half]);
    const [x, y, anchor] = place(at, text);
    return [["text", {
      class: index < positions.length - 2 ? "rl-label rl-here" : "rl-label",
      x, y, "text-anchor": anchor, "font-size": 12, fill: "currentColor",
    }, [text]]];
  });
}

const stroke = (opacity) =>
  ({ fill: "none", stroke: "currentColor", "stroke-opacity": opacity });
const MARKS = {
  padding: { ...stroke(0.5), "stroke-dasharray": "2 2" },
  input: { fill: "currentColor", "fill-opacity": 0.1, stroke: "currentColor" },
  grid: stroke(0.35),
  unread: { fill: "none", stroke: ORANGE, "stroke-dasharray": "1 3" },
  taps: { fill: BLUE, "fill-opacity": 0.7 },
  break: stroke(0.7),
};
const mark = (kind, d, more = {}) => ["path", { class: `rl-${kind}`, d, ...MARKS[kind], ...more }];

const svg = (kind, width, draw, words, children) => {
  const height = draw.top + draw.side + 4;
  return ["svg", { class: `rl-${kind}-picture`, viewBox: `0 0 ${width} ${height}`, width, height,
    role: "img", "aria-label": words }, children];
};

/** The input with its padding, and the window that output `row`, `column` of the state reads. */
export function inputPicture(state) {
  const { size, kernel, stride, padding, dilation, row, column } = state;
  const span = kernelSpan(state);
  const outputs = outputSize(state);
  const { overhang, input } = farEnd(state, outputs);
  const [near, edge] = [padding + 4, size - 1 + padding];
  const starts = [row, column].map((index) => index * stride - padding);
  const [last, inner] = [edge + overhang, size - 1];
  const [rows, columns] = starts.map((start) =>
    axis(-padding, last, start - 1, start + span, near, near + overhang + input, 22));
  const draw = grid(rows, columns, 320);
  const unread = unreadPositions(state, outputs);
  const step = dilation * draw.cell;
  const taps = count(kernel - 1, (i) => count(kernel - 1, (j) =>
    `M${j * step} ${i * step}h${draw.cell}v${draw.cell}h-${draw.cell}z`));
  const window = span * draw.cell;
  const labels = starts.map((start) => [start, start + span - 1, 0, inner]);
  const ring = draw.lines(-padding, -1, -padding, last) + draw.lines(size, last, -padding, last) +
    draw.lines(0, inner, -padding, -1) + draw.lines(0, inner, size, last);
  return svg("input", 360, draw, inputWords(state), [
    mark("padding", ring),
    mark("input", draw.area(0, inner)),
    mark("grid", draw.lines(0, inner, 0, inner)),
    mark("unread", draw.down(unread, -padding, edge), { "stroke-width": draw.cell }),
    mark("unread", draw.across(unread, -padding, edge), { "stroke-width": draw.cell }),
    ["g", { class: "rl-window", transform: draw.corner(...starts) }, [
      mark("taps", taps),
      ["rect", { width: window, height: window, fill: "none", stroke: BLUE, "stroke-width": 3 }],
    ]],
    mark("break", draw.breaks()),
    draw.labels(...labels),
  ]);
}

/** The output with the cell `row`, `column` filled; also the axes and where their cells lie. */
export function outputPicture(state) {
  const { row, column } = state;
  const last = outputSize(state) - 1;
  const [rows, columns] = [row, column].map((index) =>
    axis(0, last, index - 1, index + 1, 4, 4, 14));
  const draw = grid(rows, columns, 180);
  const here = mark("taps", `M0 0h${draw.cell}v${draw.cell}h-${draw.cell}z`, { "fill-opacity": 1 });
  const picture = svg("output", 220, draw, outputWords(state), [
    mark("input", draw.area(0, last)),
    mark("grid", draw.lines(0, last, 0, last)),
    ["g", { class: "rl-window", transform: draw.corner(row, column) }, [here]],
    mark("break", draw.breaks()),
    draw.labels([row, 0, last], [column, 0, last]),
  ]);
  return { picture, rows, columns, draw };
}

/** Keys to the marks of the pictures. */
export function legend() {
  const keys = [
    ["input", "input"], ["padding", "padding"], ["taps", "read now"],
    ["unread", "never read"], ["break", "left out of the drawing"],
  ];
  const shapes = { unread: "M7 1v12", break: "M5 0l4 4l-4 4l4 4" };
  return ["ul", { class: "rl-legend" }, keys.map(([kind, text]) => ["li", {}, [
    ["svg", { width: 14, height: 14, "aria-hidden": "true" }, [
      mark(kind, shapes[kind] ?? "M1 1h12v12h-12z", kind === "unread" ? { "stroke-width": 12 } : {}),
    ]],
    ` ${text}`,
  ]])];
}
