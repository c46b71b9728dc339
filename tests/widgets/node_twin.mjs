// Reads a JSON list of states from standard input, writes what the JavaScript makes of each.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const load = (name) => import(pathToFileURL(`${process.argv[2]}/${name}.js`));
const arithmetic = await load("arithmetic");
const { check, inputPicture, legend, outputPicture } = await load("stride_picture");
const { formula } = await load("stride_words");

const verdict = (work) => {
  try {
    return { value: work() };
  } catch (error) {
    if (!error.argument) throw error;
    return { argument: error.argument, message: error.message };
  }
};

const answers = JSON.parse(readFileSync(0, "utf8")).map((state) => {
  const conv = verdict(() => arithmetic.convOutputSize(state));
  const pool = verdict(() => arithmetic.poolOutputSize(state));
  const whole = verdict(() => check(state));
  const answer = { conv, pool, whole };
  if (conv.value) {
    answer.far = arithmetic.farEnd(state, conv.value);
    answer.unread = arithmetic.unreadPositions(state, conv.value);
    answer.window = arithmetic.windowPositions(conv.value - 1, state);
  }
  if (whole.value) {
    answer.pictures = [inputPicture(state), outputPicture(state).picture, legend()];
    answer.formula = formula(state);
  }
  return answer;
});
process.stdout.write(JSON.stringify(answers));
