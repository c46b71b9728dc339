// The sentences of the stride calculator.
import {
  farEnd, kernelSpan, outputSize, unreadPositions, windowPositions,
} from "../js/arithmetic.js";

/** A number with a true minus sign. */
export const signed = (value) => String(value).replace("-", "−");

const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;

/** The formula in names, with the numbers of a state, and worked out. */
export function formula(state) {
  const { size, kernel, stride, padding, dilation } = state;
  const round = state.ceil_mode ? "ceil" : "floor";
  const top = size + 2 * padding - kernelSpan(state);
  const steps = Math[round](top / stride) + 0;
  const outputs = outputSize(state);
  const less = steps === outputs ? " − 1" : "";
  return [
    `${round}((input + 2·padding − dilation·(kernel − 1) − 1) / stride) + 1`,
    `= ${round}((${size} + 2·${padding} − ${dilation}·(${kernel} − 1) − 1) / ${stride}) + 1`,
    `= ${round}(${signed(top)} / ${stride}) + 1${less} = ${steps} + 1${less} = ${outputs}`,
  ];
}

/** What becomes of the far edge, and of the columns between two windows. */
export function edgeWords(state) {
  const outputs = outputSize(state);
  const end = farEnd(state, outputs);
  const sentences = [];
  if (formula(state)[2].includes("− 1 =")) {
    sentences.push("One window is taken off: it would start past the input.");
  }
  if (end.overhang) {
    const over = counted(end.overhang, "column");
    sentences.push(`The last window hangs ${over} over the padded input, and as many rows.`);
  } else if (end.padding + end.input === 0) {
    sentences.push("The last window ends exactly at the far edge: nothing is dropped there.");
  } else {
    sentences.push(`At the far edge, ${counted(end.padding, "column")} of padding ` +
      `and ${end.input} of input are never read, and as many rows.`);
  }
  const unread = unreadPositions(state, outputs).filter((at) => at >= 0 && at < state.size).length;
  const skipped = unread - end.input;
  if (skipped) {
    const verb = skipped === 1 ? "is" : "are";
    sentences.push(`Between the columns read, ${skipped} of input ${verb} skipped, and as many rows.`);
  }
  if (unread) {
    const read = (state.size - unread) ** 2;
    const [some, all] = [read, state.size ** 2].map((number) => number.toLocaleString("en-US"));
    sentences.push(`In all, ${some} of ${all} input positions are read.`);
  }
  return sentences.join(" ");
}

function steps(positions) {
  const [first, next] = positions;
  if (next === undefined) return `${signed(first)}`;
  const every = next - first > 1 ? ` in steps of ${next - first}` : "";
  return `${signed(first)} to ${signed(positions.at(-1))}${every}`;
}

/** What one output cell reads. */
export function windowWords(state) {
  const { row, column } = state;
  const rows = windowPositions(row, state);
  const columns = windowPositions(column, state);
  const inside = (positions, margin) =>
    positions.filter((at) => at >= -margin && at < state.size + margin).length;
  const input = inside(rows, 0) * inside(columns, 0);
  const padded = inside(rows, state.padding) * inside(columns, state.padding);
  const beyond = state.kernel ** 2 - padded;
  const rest = beyond ? `, and ${beyond} past the edge, which do not count` : "";
  const plural = (positions) => (positions.length === 1 ? "" : "s");
  return `Output row ${row}, column ${column} reads row${plural(rows)} ${steps(rows)} and ` +
    `column${plural(columns)} ${steps(columns)}: ${counted(input, "position")} of input, ` +
    `${padded - input} of padding${rest}.`;
}

/** The text alternative of the input picture. */
export function inputWords(state) {
  const { size, padding } = state;
  return `Input, ${size} by ${size}, with ${padding} of padding on each side. ` +
    `${windowWords(state)} ${edgeWords(state)}`;
}

/** The text alternative of the output picture. */
export function outputWords(state) {
  const outputs = outputSize(state);
  return `Output, ${outputs} by ${outputs}. Row ${state.row}, column ${state.column} is marked.`;
}
