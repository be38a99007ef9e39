import { createKeyring } from "ironkeep";
import { sealSession, unsealSession } from "ironkeep/h3";
import * as iron from "ironkeep/iron";

import { ironkeepEvent, newEvent } from "./events.mjs";
import { foreignTokens } from "./foreign.mjs";

async function ironkeepEvents(sessions, make, config) {
  const events = [];
  for (const session of sessions) events.push(await ironkeepEvent(session, make, config));
  return events;
}

/**
 * Tokens of another process that shares the password and not the pair of salts, as many as there are sessions. Every
 * slice has a pair of its own, so that it starts with a pair never seen, whose two derivations are in what it measures.
 */
function ofOtherPairs(sessions, config) {
  let tokens = [];
  let first = 0;
  let pairs = 0;
  return {
    perSlice: sessions.length,
    async beforeSlice(index) {
      first = index;
      // The salts of the day depend on the session's name: under another one the pair is not the reader's own.
      tokens = await foreignTokens("ironkeep", sessions, { ...config, name: `elsewhere-${pairs++}` });
    },
    tokenAt: (index) => tokens[index - first],
  };
}

/**
 * Ironkeep's contenders, as `{ name, iterations, roundTrip(index), perSlice?, beforeSlice? }`.
 *
 * @param fresh `{ tokens, perSlice }`: tokens of h3, each with salts of its own, and how many of them a slice opens.
 */
export async function ironkeeps(sessions, password, fresh) {
  const config = { password };
  const ik1 = { password: createKeyring([{ id: "k1", secret: password }]), seal: { format: "ik1" } };
  const at = (index) => sessions[index % sessions.length];
  const v1 = await ironkeepEvents(sessions, newEvent.v1, config);
  const v2 = await ironkeepEvents(sessions, newEvent.v2, config);
  const modern = await ironkeepEvents(sessions, newEvent.v2, ik1);
  const onEvent =
    (events, of = config) =>
    async (index) => {
      const event = events[index % events.length];
      return unsealSession(event, of, await sealSession(event, of));
    };
  const opening = (tokenAt) => async (index) => {
    const event = v2[index % v2.length];
    await sealSession(event, config);
    return unsealSession(event, config, tokenAt(index));
  };
  const { tokenAt, ...otherPairs } = ofOtherPairs(sessions, config);
  return [
    {
      name: "ironkeep/iron",
      iterations: 1,
      async roundTrip(index) {
        const token = await iron.seal(at(index), password, iron.defaults);
        return iron.unseal(token, password, iron.defaults);
      },
    },
    {
      name: "ironkeep/iron sealSync",
      format: "generation 1",
      iterations: 1,
      roundTrip(index) {
        const token = iron.sealSync(at(index), password, iron.defaults);
        return iron.unsealSync(token, password, iron.defaults);
      },
    },
    { name: "ironkeep/h3 on an h3 v1 event", format: "generation 1", iterations: 1, roundTrip: onEvent(v1) },
    { name: "ironkeep/h3 on an h3 v2 event", format: "generation 2", iterations: 8192, roundTrip: onEvent(v2) },
    { name: "ironkeep/h3 on an h3 v2 event, ik1", format: "ik1", iterations: 0, roundTrip: onEvent(modern, ik1) },
    {
      name: "  opening cookies first seen, which share one pair of salts first seen",
      iterations: 8192,
      roundTrip: opening(tokenAt),
      ...otherPairs,
    },
    {
      name: "  opening cookies of h3 first seen, each with salts of its own",
      iterations: 8192,
      roundTrip: opening((index) => fresh.tokens[index]),
      perSlice: fresh.perSlice,
    },
  ];
}
