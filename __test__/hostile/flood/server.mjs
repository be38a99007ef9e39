// The server under the flood: h3 v2 with a route that updates its session, and a clock on its event loop.

import { H3, toNodeHandler } from "h3-v2";
import { useSession } from "ironkeep/h3";
import { createServer } from "node:http";
import { monitorEventLoopDelay } from "node:perf_hooks";

const config = { password: process.env.SESSION_PASSWORD };
const app = new H3({ silent: true });
app.get("/", async (event) => {
  const session = await useSession(event, config);
  await session.update({ visits: (session.data.visits ?? 0) + 1 });
  return { user: session.data.user ?? null };
});

const delay = monitorEventLoopDelay({ resolution: 1 });
const server = createServer(toNodeHandler(app));
server.listen(0, "127.0.0.1", () => process.send({ port: server.address().port }));

const ms = (nanoseconds) => nanoseconds / 1e6;
process.on("message", (message) => {
  if (message === "start") {
    delay.reset();
    delay.enable();
  } else if (message === "stop") {
    delay.disable();
    process.send({ p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) });
  }
});
process.on("disconnect", () => process.exit(0));
