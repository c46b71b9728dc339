// Reads one formula a line as JSON {tex, display}; answers one line of JSON {mathml} or {error}.
"use strict";
const readline = require("node:readline");
const temml = require("./vendor/temml/temml.cjs");

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const { tex, display } = JSON.parse(line);
  let answer;
  try {
    const options = { displayMode: display, throwOnError: true, wrap: display ? "none" : "tex" };
    answer = { mathml: temml.renderToString(tex, options) };
  } catch (error) {
    // The message underlines the offending part with combining marks: drop them.
    answer = { error: error.message.replace(/\u0332/g, "") };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
