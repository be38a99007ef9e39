import * as hapi from "@hapi/iron";
import * as h3v1 from "h3-v1";
import * as h3v2 from "h3-v2";
import * as ironSession from "iron-session";
import * as webcrypto1 from "iron-webcrypto-1";
import * as webcrypto2 from "iron-webcrypto-2";

import { aesGcm, jose, secretbox } from "../peers/tokens.mjs";
import { h3Event, newEvent } from "./events.mjs";
import { peerName } from "./versions.mjs";

/** Contenders that iron is not: encrypted tokens without a password, so no keys are derived. */
async function otherFormats(at) {
  const joses = await jose();
  const box = secretbox();
  const gcm = aesGcm();
  return [
    {
      name: `${peerName.jose}, JWE dir A256GCM`,
      roundTrip: async (index) => joses.unseal(await joses.seal(at(index))),
    },
    {
      name: `${peerName.secretbox}, secretbox`,
      isSecretbox: true,
      roundTrip: (index) => box.unseal(box.seal(at(index))),
    },
    { name: "node:crypto by hand, aes-256-gcm", roundTrip: (index) => gcm.unseal(gcm.seal(at(index))) },
  ].map((contender) => ({ ...contender, iterations: 0 }));
}

/** Each peer as `{ name, iterations, roundTrip(index) }`: what a user of it would call, and await. */
export async function peers(sessions, password) {
  const at = (index) => sessions[index % sessions.length];
  const config = { password };
  const events = {
    v1: sessions.map((session) => h3Event(session, newEvent.v1)),
    v2: sessions.map((session) => h3Event(session, newEvent.v2)),
  };
  return [
    {
      name: peerName.webcrypto2,
      isBase: true,
      iterations: 1,
      async roundTrip(index) {
        const token = await webcrypto2.seal(at(index), password, webcrypto2.defaults);
        return webcrypto2.unseal(token, password, webcrypto2.defaults);
      },
    },
    {
      name: peerName.webcrypto1,
      iterations: 1,
      async roundTrip(index) {
        const token = await webcrypto1.seal(crypto, at(index), password, webcrypto1.defaults);
        return webcrypto1.unseal(crypto, token, password, webcrypto1.defaults);
      },
    },
    {
      name: peerName.hapi,
      iterations: 1,
      async roundTrip(index) {
        const token = await hapi.seal(at(index), password, hapi.defaults);
        return hapi.unseal(token, password, hapi.defaults);
      },
    },
    {
      name: peerName.ironSession,
      iterations: 1,
      async roundTrip(index) {
        const token = await ironSession.sealData(at(index), { password });
        return ironSession.unsealData(token, { password });
      },
    },
    {
      name: `${peerName.h3v1} sealSession`,
      iterations: 1,
      async roundTrip(index) {
        const event = events.v1[index % sessions.length];
        return h3v1.unsealSession(event, config, await h3v1.sealSession(event, config));
      },
    },
    {
      name: `${peerName.h3v2} sealSession`,
      iterations: 8192,
      async roundTrip(index) {
        const event = events.v2[index % sessions.length];
        return h3v2.unsealSession(event, config, await h3v2.sealSession(event, config));
      },
    },
    ...(await otherFormats(at)),
  ];
}
