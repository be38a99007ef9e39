// A process that serves the same route without a session, with h3's own and with Ironkeep's, on both majors of h3, and
// tells its CPU time when asked.
import { createServer } from "node:http";
import { once } from "node:events";

import * as h3v1 from "h3-v1";
import * as h3v2 from "h3-v2";
import { useSession } from "ironkeep/h3";

import { cpuTimes } from "./cpu.mjs";

const config = { password: process.env.SESSION_PASSWORD };

async function nameOf(session) {
  const { data } = await session;
  return data.user?.name ?? "nobody";
}

const handlers = (h3) => ({
  "/none": () => "Grace Hopper",
  "/h3": (event) => nameOf(h3.useSession(event, config)),
  "/ironkeep": (event) => nameOf(useSession(event, config)),
});

function listenerV1() {
  const router = h3v1.createRouter();
  for (const [path, handler] of Object.entries(handlers(h3v1))) router.get(path, h3v1.eventHandler(handler));
  return h3v1.toNodeListener(h3v1.createApp().use(router));
}

function listenerV2() {
  const app = new h3v2.H3();
  for (const [path, handler] of Object.entries(handlers(h3v2))) app.get(path, handler);
  return h3v2.toNodeHandler(app);
}

async function listen(listener) {
  const server = createServer(listener).listen(0, "localhost");
  await once(server, "listening");
  return `http://localhost:${server.address().port}`;
}

process.on("message", () => process.send(cpuTimes()));
process.send({ v1: await listen(listenerV1()), v2: await listen(listenerV2()) });
