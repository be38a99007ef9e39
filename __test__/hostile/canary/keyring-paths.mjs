// Every way that a key ring can be wrong, with canaries for its secrets.

import { createKeyring } from "ironkeep";
import { sealSession, unsealSession } from "ironkeep/h3";
import { mockEvent } from "h3-v2";
import { inspect } from "node:util";

import { CANARIES } from "./spellings.mjs";

const { password, previous, key } = CANARIES;

const WRONG = {
  "a text alone": password,
  "JSON that is none": `[{ "id": "a", "secret": "${password}" ]`,
  "pairs without ids": `${password},${previous}`,
  "an id that is a secret": [{ id: password, secret: previous }],
  "no id": [{ secret: password }],
  "one id twice": `a:${password},a:${previous}`,
  "one secret twice": `a:${password},b:${password}`,
  "a secret of another type": [{ id: "a", secret: { password } }],
  "bytes that are no base64url": [{ id: "a", secret: { bytes: `${password}=` } }],
  "bytes that are too short": [{ id: "a", secret: Buffer.from(key).subarray(0, 16) }],
  "a moment that is none": [{ id: "a", secret: password, sealFrom: password }],
  "an object": { keys: { a: password } },
  "an interval that is none": { keys: `a:${password}`, refreshInterval: password },
};

async function use(ring) {
  const config = { password: ring, cookie: false };
  const token = await sealSession(mockEvent("http://localhost/"), config);
  return unsealSession(null, config, token);
}

export function* keyringPaths() {
  for (const [what, keys] of Object.entries(WRONG)) {
    yield [`createKeyring, ${what}`, () => createKeyring(keys)];
    yield [`a ring of a function, ${what}`, () => use(createKeyring(() => keys?.keys ?? keys))];
    yield [`refresh, ${what}`, () => createKeyring(() => keys?.keys ?? keys).refresh()];
  }
  yield [
    "a function that throws its keys",
    () =>
      use(
        createKeyring(() => {
          throw new Error(`cannot read a:${password}`);
        }),
      ),
  ];
  yield [
    "a closed ring, shown",
    async () => {
      const ring = createKeyring(`a:${password}`);
      await use(ring);
      ring.close();
      await use(ring).catch((error) => {
        error.message += inspect(ring, { showHidden: true, depth: 5 });
        throw error;
      });
    },
  ];
}
