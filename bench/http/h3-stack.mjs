// h3, of either major, with its own sessions or with Ironkeep's: what an app writes.
import * as h3v1 from "h3-v1";
import * as h3v2 from "h3-v2";
import { useSession } from "ironkeep/h3";

import { NO_SESSION, answer, serve } from "./routes.mjs";

const handlers = (useOne, password) => ({
  none: () => NO_SESSION,
  async read(event) {
    const { data } = await useOne(event, { password });
    return answer(data);
  },
  async update(event) {
    const session = await useOne(event, { password });
    await session.update({ visits: session.data.visits + 1 });
    return answer(session.data);
  },
});

const listeners = {
  v1(routes) {
    const router = h3v1.createRouter();
    for (const [name, handler] of Object.entries(routes)) router.get(`/${name}`, h3v1.eventHandler(handler));
    return h3v1.toNodeListener(h3v1.createApp().use(router));
  },
  v2(routes) {
    const app = new h3v2.H3();
    for (const [name, handler] of Object.entries(routes)) app.get(`/${name}`, handler);
    return h3v2.toNodeHandler(app);
  },
};

const own = { v1: h3v1.useSession, v2: h3v2.useSession };

/** Starts a server of h3 `major` whose sessions are Ironkeep's or h3's own. */
export function start({ major, ironkeep, password }) {
  return serve(listeners[major](handlers(ironkeep ? useSession : own[major], password)));
}
