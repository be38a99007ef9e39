// Honest visitors in a process of their own: known cookies, cookies of this process's epoch, and cookies of h3's own seals.

import * as h3 from "h3-v2";
import { sealSession, updateSession } from "ironkeep/h3";

import { sendAt } from "./sender.mjs";

const [port] = process.argv.slice(2).map(Number);
const KNOWN = 50;
const RATES = { known: 200, ours: 5, h3s: 2 };
const config = { password: process.env.SESSION_PASSWORD };

async function sealed(user, kit) {
  const event = h3.mockEvent("/");
  await kit.updateSession(event, { ...config, cookie: false }, { user });
  return kit.sealSession(event, config);
}

async function tokens(kind, count, kit) {
  const made = [];
  for (let index = 0; index < count; index++)
    made.push({ user: `${kind}-${index}`, token: await sealed(`${kind}-${index}`, kit) });
  return made;
}

const ours = { updateSession, sealSession };
const known = [...(await tokens("known", KNOWN / 2, ours)), ...(await tokens("known-h3", KNOWN / 2, h3))];

async function visits(kind, list, seconds) {
  const answers = await sendAt(RATES[kind], seconds, port, (index) => list[index % list.length].token);
  return answers.map((answer, index) => ({ ...answer, expected: list[index % list.length].user }));
}

const commands = {
  // Until every known cookie's keys are there, and the code is compiled.
  warm: async (seconds) => {
    await visits("known", known, seconds);
  },
  idle: async (seconds) => ({ known: await visits("known", known, seconds) }),
  prepare: async (seconds) => {
    fresh.ours = await tokens("ours", RATES.ours * seconds, ours);
    fresh.h3s = await tokens("h3s", RATES.h3s * seconds, h3);
  },
  flooded: async (seconds) => {
    const all = [
      visits("known", known, seconds),
      visits("ours", fresh.ours, seconds),
      visits("h3s", fresh.h3s, seconds),
    ];
    const [knownOnes, oursOnes, h3sOnes] = await Promise.all(all);
    return { known: knownOnes, ours: oursOnes, h3s: h3sOnes };
  },
};
const fresh = {};
process.on("message", async ([command, seconds]) => process.send((await commands[command](seconds)) ?? {}));
process.on("disconnect", () => process.exit(0));
