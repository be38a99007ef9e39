// One process of a fleet: reads its keys from a file, seals all the time, and opens what others sealed.
import { readFile } from "node:fs/promises";

import { mockEvent } from "h3-v2";
import { createKeyring } from "ironkeep";
import { sealSession, unsealSession, updateSession } from "ironkeep/h3";

const [, , file, seal] = process.argv;
const REFRESH_SECONDS = 0.2;
const BATCH = 10;

const keyring = createKeyring({ keys: () => readFile(file, "utf8"), refreshInterval: REFRESH_SECONDS });
const config = { password: keyring, cookie: false, seal: JSON.parse(seal) };
let serial = 0;

async function sealed() {
  const event = mockEvent("http://localhost/");
  await updateSession(event, config, { serial: ++serial });
  return sealSession(event, config);
}

/** What opening a token came to: "ok", or the error's code. */
async function opened(token) {
  try {
    const { data } = await unsealSession(null, config, token);
    return typeof data.serial === "number" ? "ok" : "other data";
  } catch (error) {
    return error.code ?? String(error);
  }
}

const tasks = {
  seal: async () => Promise.all(Array.from({ length: BATCH }, sealed)),
  open: async (tokens) => Promise.all(tokens.map(opened)),
  refresh: async () => {
    await keyring.refresh();
    return keyring.keys().map(({ id }) => id);
  },
  close: async () => {
    keyring.close();
    setImmediate(() => process.disconnect());
  },
};

process.on("message", async ({ number, task, value }) => {
  process.send({ number, result: await tasks[task](value) });
});
