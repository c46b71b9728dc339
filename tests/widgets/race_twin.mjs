// Reads a JSON list of [race, view, width], writes what the JavaScript makes of each.
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const load = (name) => import(pathToFileURL(`${process.argv[2]}/${name}.js`));
const { epochAt, fixed, seedsOf, stepsOf } = await load("race_numbers");
const { picture } = await load("race_picture");
const { captionWords, endedWords, moment, summary, table } = await load("race_words");

const answers = JSON.parse(readFileSync(0, "utf8")).map(([race, view, width, number]) => ({
  picture: picture(race, view, width),
  table: table(race, view),
  words: [summary(race, view), moment(race, view.step), captionWords(race), ...endedWords(race)],
  lists: [stepsOf(race), seedsOf(race), stepsOf(race).map((step) => epochAt(race, step))],
  fixed: [0, 1, 2, 5].map((digits) => fixed(number, digits)),
}));
process.stdout.write(JSON.stringify(answers));
