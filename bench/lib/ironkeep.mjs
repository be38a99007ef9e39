import { sealSession, unsealSession, updateSession } from "ironkeep/h3";
import * as iron from "ironkeep/iron";

import { newEvent } from "./peers.mjs";

/** An event whose session is `session`, put there by the public helpers, without a cookie. */
export async function ironkeepEvent(session, make, config) {
  const event = make();
  await updateSession(event, { ...config, cookie: false, generateId: () => session.id }, session.data);
  return event;
}

async function ironkeepEvents(sessions, make, config) {
  const events = [];
  for (const session of sessions) events.push(await ironkeepEvent(session, make, config));
  return events;
}

/**
 * Ironkeep's contenders, as `{ name, iterations, roundTrip(index), perSlice? }`.
 *
 * @param foreign tokens that other processes made: `shared` with one pair of salts, `fresh` with salts of their own.
 */
export async function ironkeeps(sessions, password, foreign) {
  const at = (list, index) => list[index % list.length];
  const config = { password };
  const events = {
    v1: await ironkeepEvents(sessions, newEvent.v1, config),
    v2: await ironkeepEvents(sessions, newEvent.v2, config),
  };
  const onEvent = (list) => async (index) => {
    const event = at(list, index);
    return unsealSession(event, config, await sealSession(event, config));
  };
  const ofForeign = (tokens) => async (index) => {
    const event = at(events.v2, index);
    await sealSession(event, config);
    return unsealSession(event, config, tokens[index % tokens.length]);
  };
  return [
    {
      name: "ironkeep/iron",
      iterations: 1,
      async roundTrip(index) {
        const token = await iron.seal(at(sessions, index), password, iron.defaults);
        return iron.unseal(token, password, iron.defaults);
      },
    },
    {
      name: "ironkeep/iron sealSync",
      iterations: 1,
      roundTrip(index) {
        const token = iron.sealSync(at(sessions, index), password, iron.defaults);
        return iron.unsealSync(token, password, iron.defaults);
      },
    },
    { name: "ironkeep/h3 on an h3 v1 event", iterations: 1, roundTrip: onEvent(events.v1) },
    { name: "ironkeep/h3 on an h3 v2 event", iterations: 8192, roundTrip: onEvent(events.v2) },
    {
      name: "  the same, opening tokens of a process that shares one other salt pair",
      iterations: 8192,
      roundTrip: ofForeign(foreign.shared),
    },
    {
      name: "  the same, opening tokens of h3, each with salts never seen",
      iterations: 8192,
      roundTrip: ofForeign(foreign.fresh),
      perSlice: foreign.perSlice,
    },
  ];
}
