// forger.mjs PORT PER_SECOND SECONDS: floods the server with cookies of the right form, each with salts of its own.

import { randomBytes } from "node:crypto";

import { sendAt } from "./sender.mjs";

const [port, perSecond, seconds] = process.argv.slice(2).map(Number);
const hex = () => randomBytes(32).toString("hex");
const text = (length) => randomBytes(length).toString("base64url");
const forged = () => ["Fe26.2", "", hex(), text(16), text(192), "", hex(), text(32)].join("*");

const answers = await sendAt(perSecond, seconds, port, forged);
const statuses = {};
for (const { status } of answers) statuses[status] = (statuses[status] ?? 0) + 1;
const opened = answers.filter(({ status, body }) => status === 200 && JSON.parse(body).user !== null).length;
process.stdout.write(JSON.stringify({ sent: answers.length, statuses, opened }));
