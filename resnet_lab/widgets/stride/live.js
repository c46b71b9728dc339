// The stride calculator: controls around the parts of still.js.
import {
  KEEPS_KEYS, announcer, checkboxControl, element, numberControl, patch, presetButtons, store,
} from "../js/shared.js";
import { LIMITS, check, outputPicture } from "./picture.js";
import { inputNodes, noteNodes, outputNodes, sizeNodes } from "./still.js";
import { windowWords } from "./words.js";

const LABELS = {
  size: "input size", kernel: "kernel", stride: "stride", padding: "padding", dilation: "dilation",
  ceil_mode: "ceil mode (pooling)", row: "output row", column: "output column",
};
const KEYS = Object.keys(LABELS);

const preset = (name, size, kernel, stride, padding) =>
  [name, { size, kernel, stride, padding, dilation: 1, ceil_mode: false }];
const PRESETS = [
  preset("stem conv", 224, 7, 2, 3),
  preset("stem pool", 112, 3, 2, 1),
  preset("stem pool without padding", 112, 3, 2, 0),
  preset("3x3/2 at 55", 55, 3, 2, 1),
  preset("1x1/2", 56, 1, 2, 0),
];

const START = { row: 0, column: 0 };
const STEPS = [
  ["first", () => 0],
  ["back", (index) => index - 1],
  ["next", (index) => index + 1],
  ["last", (index, cells) => cells - 1],
];

/** anywidget's entry: draws the state of `model` into `el` and keeps the two together. */
function render({ model, el }) {
  const state = store(model, KEYS, redraw);
  const speaker = announcer();
  let draft = {};
  let shown = null;
  let preview = null;

  const controls = {};
  for (const name of KEYS) {
    const changed = (value) => propose({ [name]: value });
    const make = name === "ceil_mode" ? checkboxControl : numberControl;
    const unit = name in LIMITS ? "cells" : "";
    controls[name] = make({ label: LABELS[name], unit, min: LIMITS[name]?.[0] ?? 0 }, changed);
  }
  const presets = presetButtons("Presets", PRESETS, (values) => propose({ ...values, ...START }));
  const steps = STEPS.map(([name, target]) => {
    const button = element("button", { type: "button" }, name);
    button.addEventListener("click", () => {
      const { row, column, outputs } = shown;
      const index = target(row * outputs + column, outputs ** 2);
      if (index < 0 || index >= outputs ** 2) return;
      propose({ row: Math.floor(index / outputs), column: index % outputs });
    });
    return button;
  });

  const part = (name, ...children) => element("div", { class: `rl-${name}` }, ...children);
  const control = (names) => names.map((name) => controls[name].element);
  const [sizes, input, output, notes] = ["size-box", "input", "output", "notes"].map((n) => part(n));
  const mover = part("mover", part("steps", ...steps), ...control(["row", "column"]));
  const root = part("calculator", presets.element, part("settings", ...control(KEYS.slice(0, 6))),
    sizes, part("pictures", input, part("side", output, mover)), notes, speaker.element);
  el.append(root);

  /** Takes a change into the draft, and on into the state where the draft is possible. */
  function propose(changes) {
    draft = { ...draft, ...changes };
    preview = null;
    try {
      // A place that the new output does not have is given up for the first one.
      const outputs = check({ ...draft, ...START });
      const gone = !("row" in changes || "column" in changes) &&
        Math.max(draft.row, draft.column) >= outputs;
      if (gone) draft = { ...draft, ...START };
      check(draft);
    } catch (error) {
      refuse(error);
      return;
    }
    state.write(draft);
  }

  /** Says which control is impossible and why; the last picture stays, dimmed. */
  function refuse(error) {
    if (!error.argument) throw error;
    const message = error.message.replace(error.argument, LABELS[error.argument]);
    for (const name of KEYS) controls[name].fail(name === error.argument ? message : "");
    root.classList.add("rl-stale");
    presets.show({});
    speaker.say(message);
  }

  function redraw() {
    preview = null; // the output may no longer have that cell
    draft = state.read();
    let outputs = 1;
    try {
      outputs = check(draft);
    } catch (error) {
      refuse(error);
      return;
    } finally {
      for (const name of KEYS) controls[name].show(draft[name], LIMITS[name]?.[1] ?? outputs - 1);
    }
    if (shown) speaker.say(`Output ${outputs} by ${outputs}. ${windowWords(draft)}`);
    shown = { ...draft, outputs };
    root.classList.remove("rl-stale");
    for (const name of KEYS) controls[name].fail("");
    presets.show(draft);
    draw();
  }

  function draw() {
    const seen = { ...shown, ...preview };
    patch(sizes, sizeNodes(shown));
    patch(input, inputNodes(seen));
    const focused = output.contains(root.getRootNode().activeElement);
    patch(output, outputNodes(shown, answering(outputPicture(shown), shown, seen)));
    if (focused) output.querySelector('[tabindex="0"]').focus({ preventScroll: true });
    patch(notes, noteNodes(seen));
  }

  function cellOf(event) {
    const data = event.target.closest("[data-row]")?.dataset;
    return data ? { row: Number(data.row), column: Number(data.column) } : null;
  }

  function look(cell) {
    if (root.classList.contains("rl-stale")) return;
    preview = cell;
    draw();
  }

  output.addEventListener("pointerover", (event) => {
    if (event.pointerType === "mouse") look(cellOf(event));
  });
  output.addEventListener("pointerleave", () => preview && look(null));
  output.addEventListener("click", (event) => {
    const cell = cellOf(event);
    if (cell) propose(cell);
  });
  output.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const cell = cellOf(event) && destination(event.key, shown);
    if (!cell) return;
    event.preventDefault();
    propose(cell);
  });

  redraw();
  return () => {
    state.close();
    speaker.close();
  };
}

/** Where a key takes the window, or undefined for a key that means nothing here. */
function destination(key, { row, column, outputs }) {
  const within = (index) => Math.max(0, Math.min(outputs - 1, index));
  return {
    ArrowLeft: { row, column: within(column - 1) },
    ArrowRight: { row, column: within(column + 1) },
    ArrowUp: { row: within(row - 1), column },
    ArrowDown: { row: within(row + 1), column },
    Home: { row, column: 0 },
    End: { row, column: outputs - 1 },
  }[key];
}

/** The output picture as a grid whose cells answer to pointer and keyboard. */
function answering({ picture: [tag, attributes, children], rows, columns, draw }, state, seen) {
  const { row, column, outputs } = state;
  const cells = ({ runs }) => runs.flatMap(([from, to, cell]) =>
    Array.from({ length: to - from + 1 }, (_, i) => [from + i, cell + i]));
  const target = (r, y, c, x) => {
    const here = r === row && c === column;
    const looked = r === seen.row && c === seen.column;
    return ["rect", {
      class: looked ? "rl-target rl-seen" : "rl-target", role: "gridcell", tabindex: here ? 0 : -1,
      x: draw.x(x), y: draw.y(y), width: draw.cell, height: draw.cell, "fill-opacity": 0,
      "aria-colindex": c + 1, "aria-selected": here, "data-row": r, "data-column": c,
      "aria-label": `row ${r}, column ${c}`, ...KEEPS_KEYS,
    }];
  };
  const lines = cells(rows).map(([r, y]) => ["g", { role: "row", "aria-rowindex": r + 1 },
    cells(columns).map(([c, x]) => target(r, y, c, x))]);
  return [tag, {
    ...attributes, role: "grid", "aria-rowcount": outputs, "aria-colcount": outputs,
    "aria-label": `Output, ${outputs} by ${outputs}. Arrow keys move the window.`,
  }, [["g", { "aria-hidden": "true" }, children], ...lines]];
}

export default { render };
