// Reads one figure a line as JSON {folder, state}; answers one line of JSON {html} or {error}.
// The argument is the folder that holds the figures' folders.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const load = (name) => import(pathToFileURL(`${process.argv[2]}/${name}`));

async function draw(line) {
  try {
    const { folder, state } = JSON.parse(line);
    const { markup } = await load("js/markup.js");
    const { still } = await load(`${folder}/still.js`);
    return { html: markup(still(state)) };
  } catch (error) {
    return { error: String(error) };
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await draw(line))}\n`);
}
