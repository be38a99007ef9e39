import { readFileSync } from "node:fs";
import { IncomingMessage, ServerResponse } from "node:http";

import * as hapi from "@hapi/iron";
import * as h3v1 from "h3-v1";
import * as h3v2 from "h3-v2";
import * as ironSession from "iron-session";
import * as webcrypto1 from "iron-webcrypto-1";
import * as webcrypto2 from "iron-webcrypto-2";

const versionOf = (folder) =>
  JSON.parse(readFileSync(new URL(`../../node_modules/${folder}/package.json`, import.meta.url), "utf8")).version;

/** The peers by name and version. */
export const peerName = {
  webcrypto2: `iron-webcrypto ${versionOf("iron-webcrypto-2")}`,
  webcrypto1: `iron-webcrypto ${versionOf("iron-webcrypto-1")}`,
  hapi: `@hapi/iron ${versionOf("@hapi/iron")}`,
  ironSession: `iron-session ${versionOf("iron-session")}`,
  h3v1: `h3 ${versionOf("h3-v1")}`,
  h3v2: `h3 ${versionOf("h3-v2")}`,
};

/** A new event of each major of h3, with no request behind it. */
export const newEvent = {
  v1() {
    const request = new IncomingMessage(null);
    return h3v1.createEvent(request, new ServerResponse(request));
  },
  v2: () => h3v2.mockEvent("http://localhost/"),
};

/** h3's helpers find a session that is on the event already, and seal that. */
export function eventWith(session, make) {
  const event = make();
  event.context.sessions = { h3: session };
  return event;
}

/** Each peer as `{ name, iterations, roundTrip(index) }`: what a user of it would call, and await. */
export function peers(sessions, password) {
  const at = (list, index) => list[index % list.length];
  const config = { password };
  const events = {
    v1: sessions.map((session) => eventWith(session, newEvent.v1)),
    v2: sessions.map((session) => eventWith(session, newEvent.v2)),
  };
  return [
    {
      name: peerName.webcrypto2,
      iterations: 1,
      async roundTrip(index) {
        const token = await webcrypto2.seal(at(sessions, index), password, webcrypto2.defaults);
        return webcrypto2.unseal(token, password, webcrypto2.defaults);
      },
    },
    {
      name: peerName.webcrypto1,
      iterations: 1,
      async roundTrip(index) {
        const token = await webcrypto1.seal(crypto, at(sessions, index), password, webcrypto1.defaults);
        return webcrypto1.unseal(crypto, token, password, webcrypto1.defaults);
      },
    },
    {
      name: peerName.hapi,
      iterations: 1,
      async roundTrip(index) {
        const token = await hapi.seal(at(sessions, index), password, hapi.defaults);
        return hapi.unseal(token, password, hapi.defaults);
      },
    },
    {
      name: peerName.ironSession,
      iterations: 1,
      async roundTrip(index) {
        const token = await ironSession.sealData(at(sessions, index), { password });
        return ironSession.unsealData(token, { password });
      },
    },
    {
      name: `${peerName.h3v1} sealSession`,
      iterations: 1,
      async roundTrip(index) {
        const event = at(events.v1, index);
        return h3v1.unsealSession(event, config, await h3v1.sealSession(event, config));
      },
    },
    {
      name: `${peerName.h3v2} sealSession`,
      iterations: 8192,
      async roundTrip(index) {
        const event = at(events.v2, index);
        return h3v2.unsealSession(event, config, await h3v2.sealSession(event, config));
      },
    },
  ];
}
