// run.mjs [LEAK]: runs every error path, or the planted one of that name, and prints what was shown on the way, as JSON.

import { writeSync } from "node:fs";
import { inspect } from "node:util";

import { errorPaths, heldObjects, TOKENS } from "./error-paths.mjs";
import { CANARIES } from "./spellings.mjs";

const DEEP = { showHidden: true, depth: 10, maxArrayLength: null, maxStringLength: null };
const channels = { message: [], stack: [], cause: [], inspected: [], objects: [], warnings: [] };
const [planted] = process.argv.slice(2);
let failed = 0;

process.on("warning", (warning) => channels.warnings.push(String(warning.stack), inspect(warning, DEEP)));

function note(error) {
  failed++;
  if (!(error instanceof Error)) return channels.message.push(inspect(error, DEEP));
  channels.message.push(error.message, String(error), JSON.stringify(error));
  channels.stack.push(String(error.stack));
  for (let { cause } = error; cause; cause = cause.cause) channels.cause.push(inspect(cause, DEEP));
  return channels.inspected.push(inspect(error, DEEP));
}

const { password } = CANARIES;
/** One export that leaks for each channel. Written as an app's logger, or a debug line left behind, would. */
const PLANTED = {
  message: () => Promise.reject(new Error(`bad password ${password}`)),
  part: () => Promise.reject(new Error(`bad password ${password.slice(5, 21)}...`)),
  hex: () => Promise.reject(new Error(Buffer.from(password).toString("hex"))),
  base64: () => Promise.reject(new Error(Buffer.from(`{"note":"${CANARIES.data}"}`).toString("base64"))),
  token: () => Promise.reject(new Error(`bad part ${TOKENS[0].split("*")[4]}`)),
  stack: () => {
    const error = new Error("bad password");
    error.stack = `Error: bad password\n    at open (${password})`;
    throw error;
  },
  cause: () => Promise.reject(new Error("bad password", { cause: new Error(password) })),
  inspected: () => Promise.reject(Object.defineProperty(new Error("bad"), "config", { value: { password } })),
  objects: () => undefined,
  warnings: () => process.emitWarning(`bad password ${password}`),
  stdout: () => console.log(password),
  stderr: () => console.error(password),
  native: () => writeSync(2, Buffer.from(password)),
};

const paths = planted ? [["planted", PLANTED[planted]]] : errorPaths();
for (const [, path] of paths) {
  try {
    await path();
  } catch (error) {
    note(error);
  }
}
const held = await heldObjects();
if (planted === "objects") held.planted = { password };
channels.objects.push(inspect(held, DEEP), JSON.stringify(held));

// Warnings are emitted in a turn of their own.
await new Promise((resolve) => setImmediate(resolve));
process.stdout.write(`\n${JSON.stringify({ paths: paths.length, failed, channels, tokens: TOKENS })}\n`);
