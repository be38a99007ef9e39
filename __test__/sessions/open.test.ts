// Who comes with which cookie gets which session, or none.

import { createKeyring } from "ironkeep";
import { describe, expect, it } from "vitest";
import { z } from "zod";

import { around, engine, failure, makeSessions, MapStore, PASSWORD, stopClock, storeError } from "./_sessions.ts";

const OTHER = "qW3eR5tY7uI9oP1aS2dF4gH6jK8lZ0xC";
const { cookieOf, createSession, destroySession, newSession, openById, openSession, toStored } = engine;

async function begun(made = makeSessions()) {
  const session = newSession();
  session.data["cart"] = ["apple"];
  await createSession(made.stored, session);
  return { ...made, session, cookie: await cookieOf(made.stored, session) };
}

describe("a cookie", () => {
  it("gives its session back", async () => {
    const { stored, session, cookie } = await begun();
    const opened = await openSession(stored, cookie);
    expect(opened).toMatchObject({ status: "stored", id: session.id, needsCookie: false, data: { cart: ["apple"] } });
  });

  it("is the only thing that opens a session: an id without its MAC, or another name's, does not", async () => {
    const { stored, store, session, cookie } = await begun();
    const forged = cookie.replace(/.(?=.{21}$)/, (first) => (first === "A" ? "B" : "A"));
    const values = [session.id, `0.${session.id}.`, forged, session.key, "", "0..", "x".repeat(5000)];
    for (const value of values) expect((await openSession(stored, value)).status).toBe("new");
    for (const other of [{ name: "admin" }, { audience: "shop" }, { password: OTHER }]) {
      const elsewhere = toStored({ store, password: PASSWORD, ...other });
      expect((await openSession(elsewhere, cookie)).status).toBe("new");
    }
  });

  it("of an older key opens, and is to be set anew for the same id", async () => {
    const { store, session, cookie } = await begun();
    const rotated = toStored({ store, password: [OTHER, PASSWORD] });
    const opened = await openSession(rotated, cookie);
    expect(opened).toMatchObject({ status: "stored", id: session.id, needsCookie: true });
    const again = await cookieOf(rotated, opened);
    expect(again).not.toBe(cookie);
    expect(await openSession(rotated, again)).toMatchObject({ id: session.id, needsCookie: false });
  });

  it("that names a new key of a ring has the ring read", async () => {
    const store = new MapStore();
    const keys = [{ id: "k1", secret: PASSWORD }];
    using fresh = createKeyring({ keys: [{ id: "k2", secret: OTHER }, ...keys] });
    using ring = createKeyring({ keys: () => [...keys], refreshInterval: 0 });
    const { stored: here } = await begun(makeSessions({ store, password: ring }));
    const { cookie } = await begun(makeSessions({ store, password: fresh }));
    expect(cookie.startsWith("k2.")).toBe(true);
    keys.unshift({ id: "k2", secret: OTHER });
    const clock = stopClock(Date.now());
    clock.pass(2);
    expect((await openSession(here, cookie)).status).toBe("stored");
  });

  it("of a ring whose function fails is an outage, and no visitor without a session", async () => {
    const { store, cookie } = await begun();
    using ring = createKeyring({ keys: () => Promise.reject(new Error("planted")) });
    const down = toStored({ store, password: ring });
    expect(await failure(openSession(down, cookie))).toMatchObject({ code: "ERR_KEYRING_UNAVAILABLE" });
  });
});

describe("a session that is over", () => {
  it("is ended while its tombstone stands, and then nothing", async () => {
    const clock = stopClock();
    const { stored, session, cookie } = await begun();
    await destroySession(stored, session);
    expect((await openSession(stored, cookie)).status).toBe("ended");
    clock.pass(59);
    expect((await openSession(stored, cookie)).status).toBe("ended");
    clock.pass(2);
    expect((await openSession(stored, cookie)).status).toBe("new");
  });

  it("has expired for whoever comes with its cookie, and no one else is told so", async () => {
    const clock = stopClock();
    const { stored, sessions, session, cookie } = await begun(makeSessions({ maxAge: 60 }));
    const told: unknown[] = [];
    sessions.on("expired", (event) => told.push(event));
    clock.pass(60);
    expect((await openById(stored, session.id)).status).toBe("new");
    expect(told).toEqual([]);
    expect((await openSession(stored, cookie)).status).toBe("new");
    expect(told).toEqual([{ id: session.id, handle: session.key }]);
  });
});

describe("a store that fails", () => {
  it.each(["ERR_STORE_UNAVAILABLE", "ERR_STORE_TIMEOUT", "ERR_STORE_CORRUPT"])(
    "is %s, and not no session",
    async (code) => {
      const { store, cookie } = await begun();
      const broken = around(store, (method, run) => (method === "load" ? Promise.reject(storeError(code)) : run()));
      expect(await failure(openSession(makeSessions({ store: broken }).stored, cookie))).toMatchObject({ code });
    },
  );

  it("with an error of its own says nothing of it, since that may quote data", async () => {
    const { store, cookie } = await begun();
    const broken = around(store, () => Promise.reject(new TypeError("secret apple")));
    const error = await failure(openSession(makeSessions({ store: broken }).stored, cookie));
    expect(error).toMatchObject({ code: "ERR_STORE_UNAVAILABLE" });
    expect(`${error.stack} ${JSON.stringify(error)}`).not.toContain("apple");
  });

  it("with what is no session is corrupt, and says nothing of it", async () => {
    const { store, cookie } = await begun();
    for (const data of ["", "{", "null", "[]", '{"data":[]}', '{"data":{},"flash":1}', '{"apple":']) {
      const broken = around(store, async (method, run) => {
        const result = (await run()) as { record?: object };
        return method === "load" ? { ...result, record: { ...result.record, data } } : result;
      });
      const error = await failure(openSession(makeSessions({ store: broken }).stored, cookie));
      expect(error).toMatchObject({ code: "ERR_STORE_CORRUPT" });
      expect(error.message).not.toContain("apple");
    }
  });
});

describe("a schema", () => {
  const schema = z.object({ cart: z.array(z.string()), count: z.number().default(0) });

  it("gives its output", async () => {
    const { store, cookie } = await begun();
    const { stored } = makeSessions({ store, schema });
    expect((await openSession(stored, cookie)).data).toEqual({ cart: ["apple"], count: 0 });
  });

  it("that refuses the data means no session, or is an error", async () => {
    const { store, cookie, sessions } = await begun();
    sessions.on("expired", () => expect.unreachable());
    const strict = z.object({ cart: z.number() });
    expect((await openSession(makeSessions({ store, schema: strict }).stored, cookie)).status).toBe("new");
    const { stored } = makeSessions({ store, schema: strict, onInvalid: "reject" });
    expect(await failure(openSession(stored, cookie))).toMatchObject({ code: "ERR_SCHEMA" });
  });
});
