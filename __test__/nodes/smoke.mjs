// Loads the built package and uses every part of it once, under whatever Node runs this. Prints a line for each check, and
// ends by itself: neither a timer nor a thread of the addon may keep the process alive.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, get } from "node:http";
import { Worker } from "node:worker_threads";

import * as v1 from "h3-v1";
import * as v2 from "h3-v2";
import { toNodeHandler } from "h3-v2/node";
import { isIronkeepError, version } from "ironkeep";
import { useSession } from "ironkeep/h3";
import { defaults, seal, sealSync, unseal, unsealSync } from "ironkeep/iron";

const PASSWORD = "bXq7Vn2Ld0Ht9sKc4Wz8Rf3Yp6Jm1Ga5Ue-Qo_TiSvN";
const G2_ITERATIONS = 8192;
const DATA = { user: "ada", roles: ["admin"], visits: 3 };

const generations = [
  ["G1", defaults],
  ["G2", withIterations(G2_ITERATIONS, G2_ITERATIONS)],
];

function withIterations(encryption, integrity) {
  return {
    ...defaults,
    encryption: { ...defaults.encryption, iterations: encryption },
    integrity: { ...defaults.integrity, iterations: integrity },
  };
}

const read = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url), "utf8"));

async function check(name, body) {
  await body();
  console.log(`ok ${name}`);
}

async function rejectsWith(code, action) {
  await assert.rejects(
    async () => action(),
    (error) => {
      assert.equal(error.code, code);
      assert.ok(isIronkeepError(error));
      return true;
    },
  );
}

/** Signs in and comes back with the cookie, over a real socket. */
async function visitTwice(listener) {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `http://127.0.0.1:${server.address().port}/`;
  const first = await request(url);
  const second = await request(url, first.cookie);
  server.close();
  await once(server, "close");
  assert.equal(first.body.visits, 1);
  assert.deepEqual(second.body, { id: first.body.id, visits: 2 });
}

async function request(url, cookie) {
  const [response] = await once(get(url, { agent: false, headers: cookie ? { cookie } : {} }), "response");
  assert.equal(response.statusCode, 200);
  const [line = ""] = response.headers["set-cookie"] ?? [];
  let text = "";
  for await (const part of response.setEncoding("utf8")) text += part;
  return { body: JSON.parse(text), cookie: line.split(";")[0] };
}

async function visit(event) {
  const session = await useSession(event, { password: PASSWORD });
  await session.update(({ visits = 0 }) => ({ visits: visits + 1 }));
  return { id: session.id, visits: session.data.visits };
}

console.log(`node ${process.version}`);

await check("ironkeep: the version", () => assert.equal(version, read("../../package.json").version));

for (const [name, options] of generations) {
  await check(`ironkeep/iron: ${name}, async and sync`, async () => {
    const tokens = [await seal(DATA, PASSWORD, options), sealSync(DATA, PASSWORD, options)];
    for (const token of tokens) {
      assert.match(token, /^Fe26\.2\*\*/);
      assert.deepEqual(await unseal(token, PASSWORD, options), DATA);
      assert.deepEqual(unsealSync(token, PASSWORD, options), DATA);
    }
  });

  await check(`ironkeep/iron: ${name}, refusals`, async () => {
    const token = await seal(DATA, PASSWORD, options);
    const tampered = token.replace(/.$/, (last) => (last === "A" ? "E" : "A"));
    const expired = await seal(DATA, PASSWORD, { ...options, ttl: -120_000 });
    const named = await seal(DATA, { id: "k1", secret: PASSWORD }, options);
    for (const open of [unseal, unsealSync]) {
      await rejectsWith("ERR_SEAL_INVALID", () => open(tampered, PASSWORD, options));
      await rejectsWith("ERR_SEAL_EXPIRED", () => open(expired, PASSWORD, options));
      await rejectsWith("ERR_KEY_UNKNOWN", () => open(named, { k2: PASSWORD }, options));
    }
    const unsupported = { ...options, encryption: { ...options.encryption, algorithm: "rot13" } };
    for (const close of [seal, sealSync]) {
      await rejectsWith("ERR_KEY_WEAK", () => close(DATA, "short", options));
      await rejectsWith("ERR_SEAL_UNSUPPORTED", () => close(DATA, PASSWORD, unsupported));
    }
  });
}

await check("ironkeep/iron: the peers' tokens", async () => {
  const vectors = read("../vectors/fe26-2.json").vectors.filter(
    ({ password, expiresAt, algorithm }) => password?.text && expiresAt === null && algorithm === "aes-256-cbc",
  );
  assert.deepEqual([...new Set(vectors.map(({ generation }) => generation))].toSorted(), [1, 2]);
  for (const { token, id, password, payload, encryptionIterations, integrityIterations } of vectors) {
    const options = withIterations(encryptionIterations, integrityIterations);
    const opened = await unseal(token, id ? { [id]: password.text } : password.text, options);
    assert.deepEqual(opened, JSON.parse(payload));
  }
});

await check("ironkeep/h3: on h3 v1", () => {
  const app = v1.createApp();
  app.use(v1.eventHandler(visit));
  return visitTwice(v1.toNodeListener(app));
});

await check("ironkeep/h3: on h3 v2", () => {
  const app = new v2.H3();
  app.get("/", (event) => visit(event));
  return visitTwice(toNodeHandler(app));
});

await check("a worker loads the addon, derives a key, and ends", async () => {
  const [, options] = generations[1];
  const token = await seal(DATA, PASSWORD, options);
  const worker = new Worker(new URL("smoke-worker.mjs", import.meta.url), {
    workerData: { token, password: PASSWORD, options },
  });
  const ended = once(worker, "exit");
  assert.deepEqual((await once(worker, "message"))[0], DATA);
  assert.deepEqual(await ended, [0]);
  assert.deepEqual(await unseal(token, PASSWORD, options), DATA);
});

console.log("done");
