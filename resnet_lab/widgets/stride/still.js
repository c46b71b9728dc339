// The stride calculator without its controls; the parts serve the live one too.
import { inputPicture, legend, outputPicture } from "./picture.js";
import { edgeWords, formula, windowWords } from "./words.js";
import { outputSize } from "../js/arithmetic.js";

const square = (size) => `${size} × ${size}`;
const titled = (words, picture) => [["p", { class: "rl-title" }, [words]], picture];

/** Both sizes, and the formula that leads from one to the other. */
export const sizeNodes = (state) => [
  ["p", { class: "rl-sizes" }, [`${square(state.size)} → `,
    ["strong", {}, [square(outputSize(state))]]]],
  ["p", { class: "rl-formula" }, formula(state).map((line) => ["span", {}, [`${line} `]])],
];

/** The input, with the window that the output cell of the state reads. */
export const inputNodes = (state) =>
  titled(`Input ${square(state.size)}, padding ${state.padding}`, inputPicture(state));

/** The output as it is drawn in `picture`. */
export const outputNodes = (state, picture) =>
  titled(`Output ${square(outputSize(state))}`, picture);

/** What is read, what is not, and the key to the marks. */
export const noteNodes = (state) => [
  ["p", { class: "rl-reads" }, [windowWords(state)]],
  ["p", { class: "rl-edge" }, [edgeWords(state)]],
  legend(),
];

/** The figure of a page without a script. */
export const still = (state) => ["figure", { class: "rl-still" }, [
  ["div", { class: "rl-size-box" }, sizeNodes(state)],
  ["div", { class: "rl-pictures" }, [
    ["div", { class: "rl-input" }, inputNodes(state)],
    ["div", { class: "rl-output" }, outputNodes(state, outputPicture(state).picture)],
  ]],
  ["figcaption", { class: "rl-notes" }, noteNodes(state)],
]];
