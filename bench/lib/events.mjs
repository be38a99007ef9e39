import { IncomingMessage, ServerResponse } from "node:http";

import * as h3v1 from "h3-v1";
import * as h3v2 from "h3-v2";
import { updateSession } from "ironkeep/h3";

/** A new event of each major of h3, with no request behind it. */
export const newEvent = {
  v1() {
    const request = new IncomingMessage(null);
    return h3v1.createEvent(request, new ServerResponse(request));
  },
  v2: () => h3v2.mockEvent("http://localhost/"),
};

/** h3's helpers find a session that is on the event already, and seal that. */
export function h3Event(session, make) {
  const event = make();
  event.context.sessions = { h3: session };
  return event;
}

/** An event whose session is `session`, put there by Ironkeep's public helpers, without a cookie. */
export async function ironkeepEvent(session, make, config) {
  const event = make();
  await updateSession(event, { ...config, cookie: false, generateId: () => session.id }, session.data);
  return event;
}
