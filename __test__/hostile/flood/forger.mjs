// forger.mjs PORT PER_SECOND SECONDS: once told to, floods the server with cookies of the right form, each with salts of its own.

import { randomBytes } from "node:crypto";
import { setPriority } from "node:os";

import { sendAt } from "./sender.mjs";

// The visitors share this processor, and what they would wait for the flood's own work is not the server's delay.
setPriority(19);

const [port, perSecond, seconds] = process.argv.slice(2).map(Number);
const hex = () => randomBytes(32).toString("hex");
const text = (length) => randomBytes(length).toString("base64url");
const forged = () => ["Fe26.2", "", hex(), text(16), text(192), "", hex(), text(32)].join("*");

process.once("message", async () => {
  const answers = await sendAt(perSecond, seconds, port, forged);
  const statuses = {};
  for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
  const opened = answers.filter(({ status, body }) => status === 200 && JSON.parse(body).user !== null).length;
  process.send({ sent: answers.length, statuses, opened });
});
process.on("disconnect", () => process.exit(0));
