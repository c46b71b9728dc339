// How the nets of a race are told apart: color, dashes, and a mark, which is hollow from the sixth
// net on.
import { SERIES } from "../js/palette.js";

const DASHES = ["", "8 3", "8 3 2 3", "2 3", "14 3 2 3 2 3"];
const SHAPES = [
  "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0 -9 0z",
  "M-4 -4h8v8h-8z",
  "M0 -5l5 9h-10z",
  "M0 -5.5l5.5 5.5l-5.5 5.5l-5.5 -5.5z",
  "M0 5l5 -9h-10z",
];

/** The color of a net's lines and mark. */
export const colorOf = (net) => SERIES[net % 5];

/** Attributes of the line of a net: nothing for an unbroken one. */
export function dashesOf(net) {
  const pattern = DASHES[(net + 2 * Math.floor(net / 5)) % 5];
  return pattern ? { "stroke-dasharray": pattern } : {};
}

/** The mark of a net at a place. */
export const marker = (net, x, y) => ["path", {
  d: SHAPES[net % 5], transform: `translate(${x} ${y})`, fill: net < 5 ? colorOf(net) : "none",
  stroke: colorOf(net), "stroke-width": 1.5,
}];

/** A piece of a net's line with its mark, to put beside its name. */
export const sample = (net) => ["svg", {
  class: "rl-sample", viewBox: "0 0 48 16", width: 48, height: 16, "aria-hidden": "true",
}, [
  ["path", { d: "M1 8h46", fill: "none", stroke: colorOf(net), "stroke-width": 2.5,
    ...dashesOf(net) }],
  marker(net, 24, 8),
]];
