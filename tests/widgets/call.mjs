// Reads one call a line as JSON {module, name, values}; answers one line: {value}, or {refused} for
// what a module refuses, or {error} for what went wrong. The argument is the folder of the modules.
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

async function call(line) {
  try {
    const { module, name, values } = JSON.parse(line);
    const loaded = await import(pathToFileURL(`${process.argv[2]}/${module}.js`));
    if (!(name in loaded)) throw new Error(`${module} exports no ${name}`);
    const found = loaded[name];
    return JSON.stringify({ value: typeof found === "function" ? found(...values) : found });
  } catch (error) {
    const { argument, message } = error;
    return JSON.stringify(argument ? { refused: { argument, message } } : { error: String(error) });
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${await call(line)}\n`);
}
