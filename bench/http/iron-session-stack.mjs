// iron-session on node:http, which is where its users without a framework are.
import { getIronSession } from "iron-session";

import { NO_SESSION, answer, serve } from "./routes.mjs";

/** Starts a server whose sessions are iron-session's. */
export function start({ password }) {
  const options = { password, cookieName: "session" };
  const routes = {
    "/none": () => NO_SESSION,
    async "/read"(request, response) {
      const session = await getIronSession(request, response, options);
      return answer(session.data);
    },
    async "/update"(request, response) {
      const session = await getIronSession(request, response, options);
      session.data.visits += 1;
      await session.save();
      return answer(session.data);
    },
  };
  return serve(async (request, response) => {
    try {
      response.end(await routes[request.url](request, response));
    } catch {
      response.writeHead(500).end();
    }
  });
}
