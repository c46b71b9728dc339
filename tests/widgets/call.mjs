// Reads one call a line as JSON {module, name, values}; answers one line: {value}, or {error} for
// what a module refuses. The argument is the folder of the modules.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

for await (const line of createInterface({ input: process.stdin })) {
  const { module, name, values } = JSON.parse(line);
  const loaded = await import(pathToFileURL(`${process.argv[2]}/${module}.js`));
  let answer;
  try {
    answer = { value: typeof loaded[name] === "function" ? loaded[name](...values) : loaded[name] };
  } catch (error) {
    if (!error.argument) throw error;
    answer = { error: { argument: error.argument, message: error.message } };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
