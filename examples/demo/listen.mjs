import { once } from "node:events";
import { createServer } from "node:http";

import { toNodeHandler } from "h3-v2";

/** How many ports after the wished one are tried before the system picks. */
const TRIES = 20;

async function tryListen(app, port) {
  const server = createServer(toNodeHandler(app));
  server.listen({ port, host: "localhost" });
  try {
    await once(server, "listening");
    return server;
  } catch (error) {
    if (error.code === "EADDRINUSE" || error.code === "EACCES") return undefined;
    throw error;
  }
}

/** Serves the app on `port`, or the next free one; 0 lets the system pick. Gives the server and its URL. */
export async function listen(app, port) {
  const ports = port === 0 ? [0] : [...Array.from({ length: TRIES }, (_, index) => port + index), 0];
  for (const candidate of ports) {
    const server = await tryListen(app, candidate);
    if (server) return { server, url: `http://localhost:${server.address().port}` };
  }
  throw new Error("No port is free");
}
