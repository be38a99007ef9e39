// Runs calls that should not be made, and reports as the last line of its output how each ended.

import { mockEvent } from "h3-v2";
import { useSession } from "ironkeep/h3";
import { defaults, seal, sealSync, unseal, unsealSync } from "ironkeep/iron";

/** Far over what any call here takes; a call that waits longer waits for ever. */
const DEADLINE_MS = 15_000;
const PASSWORD = "Kq8#vT2m!Zr5xW9p@Lc3nB7y^Hd4sJ6g";

// Those of the moment that this module was loaded, in case that a table fakes time.
const { setTimeout, clearTimeout } = globalThis;

const outcomes = [];
const unhandled = [];
process.on("unhandledRejection", (reason) => unhandled.push(textOf(reason)));
process.on("warning", () => {});

function textOf(value) {
  try {
    return String(value instanceof Error ? value.message : value).slice(0, 200);
  } catch {
    return "a value without a text";
  }
}

function failure(error) {
  if (!(error instanceof Error)) return { kind: "not-an-error", detail: `threw ${typeof error}: ${textOf(error)}` };
  const isSaid = typeof error.message === "string" && error.message !== "";
  return { kind: isSaid ? "error" : "no-message", detail: textOf(error) };
}

async function ended(call, deadline) {
  let timer;
  try {
    const given = call();
    if (!(given instanceof Promise)) return { kind: "value", detail: typeof given };
    const late = new Promise((resolve) => {
      timer = setTimeout(() => resolve({ kind: "hung", detail: `after ${deadline} ms` }), deadline);
    });
    return await Promise.race([given.then((value) => ({ kind: "value", detail: typeof value }), failure), late]);
  } catch (error) {
    return failure(error);
  } finally {
    clearTimeout(timer);
  }
}

/** Makes one call and notes how it ended. */
export async function attempt(name, call, deadline = DEADLINE_MS) {
  outcomes.push({ name, ...(await ended(call, deadline)) });
}

/** The queue of derivations is the process's, and other threads may have filled it. */
async function unlessBusy(work) {
  const end = process.uptime() + DEADLINE_MS / 1000;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (error.code !== "ERR_BUSY" || process.uptime() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

async function stillWorks() {
  const data = { user: "ann" };
  for (const iterations of [1, 8192]) {
    const options = {
      ...defaults,
      encryption: { ...defaults.encryption, iterations },
      integrity: { ...defaults.integrity, iterations },
    };
    const opened = [
      await unseal(await seal(data, PASSWORD, options), PASSWORD, options),
      unsealSync(sealSync(data, PASSWORD, options), PASSWORD, options),
    ];
    if (opened.some((each) => each.user !== "ann")) return `a seal of ${iterations} iterations came back changed`;
  }
  const config = { password: PASSWORD };
  const first = mockEvent("/");
  await (await useSession(first, config)).update(data);
  const [cookie] = first.res.headers.getSetCookie().at(-1).split(";");
  const { data: read } = await useSession(mockEvent("/", { headers: { cookie } }), config);
  return read.user === "ann" ? "works" : "a session came back without its data";
}

/** Waits for late rejections, checks that the package still works, and prints the report. */
export async function report() {
  await new Promise((resolve) => setTimeout(resolve, 0));
  globalThis.gc?.();
  const afterwards = await unlessBusy(stillWorks).catch((error) => `failed: ${textOf(error)}`);
  process.stdout.write(`\n${JSON.stringify({ outcomes, unhandled, afterwards })}\n`);
}
