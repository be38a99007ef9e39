// Who gets at what a store keeps gets no id of a session and no cookie: keys are hashes, and cookies are in no store.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { createSessions } from "ironkeep/sessions";
import { createStore, type SessionStore } from "ironkeep/store";
import { describe, expect, it, onTestFinished } from "vitest";

import { ALL_DRIVERS, type AnyDriver, onRedis, redisOfTest } from "../store/_redis.ts";
import { folder, newToken } from "../store/_stores.ts";
import { engine, PASSWORD } from "./_sessions.ts";

const DEADLINE = 20_000;
const HOUR = 3_600_000;

interface Disk {
  readonly store: SessionStore;
  /** All bytes that are in its files now, or in its server. */
  dump(): Buffer | Promise<Buffer>;
}

async function open(driver: AnyDriver): Promise<Disk> {
  if (driver === "redis") {
    const server = await redisOfTest();
    const store = createStore(onRedis(server));
    onTestFinished(() => store.close());
    return { store, dump: () => server.dump() };
  }
  const path = join(folder(), "sessions");
  const where = driver === "memory" ? { driver, snapshot: path } : { driver, path };
  const store = createStore({ ...where, deadline: DEADLINE });
  onTestFinished(() => store.close());
  const files = ["", "-wal", "-shm"].map((end) => path + end);
  return {
    store,
    dump: () => Buffer.concat(files.filter((file) => existsSync(file)).map((file) => readFileSync(file))),
  };
}

/** The forms that bytes may have in a file. */
function forms(base64url: string): Buffer[] {
  const bytes = Buffer.from(base64url, "base64url");
  const hex = bytes.toString("hex");
  const texts = [base64url, bytes.toString("base64"), hex, hex.toUpperCase()];
  return [bytes, ...texts.map((text) => Buffer.from(text))];
}

/** An id, and its random part alone. */
const ofId = (id: string) => [...forms(id), ...forms(Buffer.from(id, "base64url").subarray(2).toString("base64url"))];

/** A cookie's value, and its MAC alone, which makes a cookie of an id. */
const ofCookie = (cookie: string) => [Buffer.from(cookie), ...forms(cookie.split(".")[2] as string)];

const found = (dump: Buffer, secrets: readonly Buffer[]) => secrets.filter((secret) => dump.includes(secret)).length;

/** Everything that can happen to sessions. Gives the forms of all ids and cookies that there were. */
async function used(store: SessionStore): Promise<{ ids: string[]; cookies: string[] }> {
  const options = { store, password: PASSWORD, deadline: DEADLINE, migrate: { until: Date.now() + HOUR } };
  const sessions = createSessions(options);
  const ids: string[] = [];
  for (let n = 0; n < 20; n++) {
    const { id } = await sessions.create({ n }, { label: `device ${n}`, userId: `user ${n % 3}` });
    await sessions.update(id, { text: "updated" });
    const moved = await sessions.regenerate(id, { userId: `user ${n % 3}` });
    ids.push(id, moved.id);
    if (n % 4 === 0) await sessions.delete(moved.id);
  }
  await sessions.revoke("user 1");
  const cookies = await Promise.all(ids.map((id) => sessions.cookie(id)));
  for (const cookie of cookies) await sessions.validate(cookie);
  const stored = engine.toStored(options);
  const imported = await engine.importSealed(stored, { id: "sealed", createdAt: Date.now(), data: { n: 1 } });
  expect(imported.status).toBe("stored");
  ids.push(imported.id);
  cookies.push(await engine.cookieOf(stored, imported));
  return { ids, cookies };
}

describe.each(ALL_DRIVERS)("what %s keeps", (driver) => {
  it("is searched by a check that finds an id and a cookie where there is one", async () => {
    const { store, dump } = await open(driver);
    const sessions = createSessions({ store, password: PASSWORD, deadline: DEADLINE });
    const { id } = await sessions.create({});
    const { id: other } = await sessions.create({});
    const cookie = await sessions.cookie(id);
    await sessions.update(id, { id, cookie });
    // As who keeps sessions under their ids does it.
    const record = { data: "{}", writeToken: newToken(), age: 0, lifetime: { maxAge: HOUR } };
    await store.create({ now: Date.now() }, other, record);
    if (driver !== "memory") expect(found(await dump(), [Buffer.from(id)])).toBe(1);
    await store.close();
    expect(found(await dump(), [Buffer.from(id)])).toBe(1);
    // In Redis the tag stands elsewhere in the name of a key.
    expect(found(await dump(), ofId(other))).toBe(driver === "redis" ? 1 : 2);
    expect(found(await dump(), ofCookie(cookie))).toBe(2);
  });

  it("has no id in it and no cookie, in any form, while it is open and afterwards", async () => {
    const { store, dump } = await open(driver);
    const { ids, cookies } = await used(store);
    const secrets = [...ids.flatMap(ofId), ...cookies.flatMap(ofCookie)];
    expect(found(await dump(), secrets)).toBe(0);
    if (driver !== "memory") expect(found(await dump(), [Buffer.from("updated")])).toBe(1);
    await store.close();
    expect(found(await dump(), secrets)).toBe(0);
    expect(found(await dump(), [Buffer.from("updated")])).toBe(1);
    expect(secrets.length).toBeGreaterThan(500);
  });
});
