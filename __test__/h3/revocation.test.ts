import type { SessionConfig, SessionRevocation } from "ironkeep/h3";
import {
  clearSession,
  createRevocations,
  destroySession,
  getSession,
  regenerateSession,
  unsealSession,
  updateSession,
  useSession,
} from "ironkeep/h3";
import { vi } from "vitest";
import { isDeletion } from "./_cookies.ts";
import type { Browser, MatrixContext, MatrixEvent } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { seen, sessionRoutes } from "./_routes.ts";
import { makeSeal } from "./_seals.ts";

const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);
const password = PASSWORD;
const STORED = { id: "s1", createdAt: NOW - 60_000, data: { a: 1 }, userId: "u1", authenticatedAt: NOW - 50_000 };

/** `notBefore` at an instant, for everybody. */
const since = (notBefore: number | undefined): SessionRevocation => ({ notBefore: () => notBefore });

const later = <T>(value: T): Promise<T> => new Promise((resolve) => queueMicrotask(() => resolve(value)));

async function tokenOf(t: MatrixContext, payload: object = STORED): Promise<string> {
  return makeSeal(payload, PASSWORD, { generation: t.major });
}

async function browserWith(t: MatrixContext, payload?: object): Promise<Browser> {
  const browser = t.browser();
  browser.jar.set("h3", await tokenOf(t, payload));
  return browser;
}

describeMatrix("a revoked session", (t, { it, expect }) => {
  const REVOKED: Record<string, SessionRevocation> = {
    "by its user": since(NOW),
    "by its user, told later": { notBefore: () => later(NOW) },
    "by its id": { notBefore: () => undefined, isRevoked: (id) => id === "s1" },
    "by its id, told later": { notBefore: () => later(undefined), isRevoked: (id) => later(id === "s1") },
    "for all that will ever be": since(Number.POSITIVE_INFINITY),
  };
  for (const [title, revocation] of Object.entries(REVOKED)) {
    it(`${title}, is no session: useSession starts another in its cookie's place`, async () => {
      sessionRoutes(t, { password, revocation });
      const browser = await browserWith(t);
      const reply = await browser.request("/use");
      expect(reply.json<Seen>().data).toEqual({});
      expect(reply.json<Seen>().id).not.toBe("s1");
      expect(reply.cookieNames()).toEqual(["h3"]);
      expect((await browser.request("/use")).json<Seen>().id).toBe(reply.json<Seen>().id);
    });

    it(`${title}, is not in memory either, and slides no further`, async () => {
      t.route("/", async (event) => {
        const config = { password, revocation, idleTimeout: 10_000_000_000 };
        const { id, userId, data } = await getSession(event, config);
        return { id, userId, data };
      });
      const reply = await (await browserWith(t, { ...STORED, lastSeenAt: 1 })).request("/");
      expect(reply.json()).toEqual({ id: expect.not.stringMatching(/^s1$/) as string, data: {} });
      expect(reply.setCookies).toEqual([]);
    });

    it(`${title}, is refused by unsealSession`, async () => {
      const opening = unsealSession(null, { password, revocation }, await tokenOf(t));
      await expect(opening).rejects.toMatchObject({ code: "ERR_SESSION_REVOKED" });
    });
  }

  it("of a token without an id leaves nothing either", async () => {
    sessionRoutes(t, { password, revocation: since(NOW) });
    const reply = await (await browserWith(t, { ...STORED, id: undefined })).request("/use");
    expect(reply.json<Seen>().data).toEqual({});
  });

  it("in the header gives way to the cookie", async () => {
    sessionRoutes(t, { password, revocation: { notBefore: () => undefined, isRevoked: (id) => id === "s1" } });
    const browser = await browserWith(t, { ...STORED, id: "s2" });
    const reply = await browser.request("/use", { headers: { "x-h3-session": await tokenOf(t) } });
    expect(reply.json<Seen>().id).toBe("s2");
  });
});

describeMatrix("what notBefore ends", (t, { it, expect }) => {
  const cases: readonly (readonly [string, object, SessionRevocation, boolean])[] = [
    ["a sign-in before it", STORED, since(STORED.authenticatedAt + 1), false],
    ["a sign-in at the same instant", STORED, since(STORED.authenticatedAt), true],
    ["a sign-in after it", STORED, since(STORED.authenticatedAt - 1), true],
    ["a user that it knows nothing of", STORED, since(undefined), true],
    ["null, as stores say nothing", STORED, since(null as unknown as undefined), true],
    ["a user without the time of a sign-in", { ...STORED, authenticatedAt: undefined }, since(1), false],
    ["a time that is no number", { ...STORED, authenticatedAt: "now" }, since(1), false],
    ["a session without a user", { ...STORED, userId: undefined }, since(NOW), true],
  ];
  for (const [title, payload, revocation, isKept] of cases) {
    it(`${title}: ${isKept ? "stays" : "ends"}`, async () => {
      sessionRoutes(t, { password, revocation });
      const reply = await (await browserWith(t, payload)).request("/get");
      expect(reply.json<Seen>().data).toEqual(isKept ? STORED.data : {});
    });
  }

  it("is asked with the user, and never compared with the seal's own time", async () => {
    const asked: unknown[] = [];
    const revocation: SessionRevocation = {
      notBefore: (userId) => (asked.push(userId), STORED.authenticatedAt + 1),
      isRevoked: (id) => (asked.push(id), false),
    };
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    t.route("/update", async (event) => updateSession(event, { password }, { fresh: true }));
    sessionRoutes(t, { password, revocation });
    const browser = await browserWith(t);
    await browser.request("/update");
    expect((await browser.request("/get")).json<Seen>().data).toEqual({});
    expect(asked).toEqual(["s1", "u1"]);
  });

  it("is asked once for a request, and not for a new session", async () => {
    let asked = 0;
    const revocation = { notBefore: () => void (asked += 1), isRevoked: () => (asked += 1) < 0 };
    t.route("/", async (event) => {
      const session = await useSession(event, { password, revocation });
      await session.update({ b: 2 });
      return seen(await getSession(event, { password, revocation }));
    });
    await t.request("/");
    expect(asked).toBe(0);
    await (await browserWith(t)).request("/");
    expect(asked).toBe(2);
  });
});

describeMatrix("a revocation that fails", (t, { it, expect }) => {
  const fail = (): never => {
    throw new Error("connect ECONNREFUSED");
  };
  const FAILING: Record<string, SessionRevocation> = {
    "notBefore throws": { notBefore: fail },
    "notBefore rejects": { notBefore: async () => fail() },
    "isRevoked throws": { notBefore: () => undefined, isRevoked: fail },
    "isRevoked rejects": { notBefore: () => undefined, isRevoked: async () => fail() },
    "notBefore gives no number": { notBefore: () => "soon" as unknown as number },
    "notBefore gives NaN": { notBefore: () => Number.NaN },
  };
  for (const [title, revocation] of Object.entries(FAILING)) {
    for (const path of ["/use", "/get", "/set"]) {
      it(`${title}: ${path} is a 503 with Retry-After and no cookie`, async () => {
        sessionRoutes(t, { password, revocation });
        const browser = await browserWith(t);
        const reply = await browser.request(path);
        expect(reply.status).toBe(503);
        expect(Number(reply.headers.get("retry-after"))).toBeGreaterThan(0);
        expect(reply.setCookies).toEqual([]);
        expect(t.errors[0]).toHaveProperty("code", "ERR_STORE_UNAVAILABLE");
        expect(reply.text).not.toContain("ECONNREFUSED");
      });
    }
  }

  it("is asked again by the next call, and by the next request", async () => {
    let fails = 2;
    const revocation: SessionRevocation = { notBefore: () => (fails-- > 0 ? fail() : undefined) };
    t.route("/", async (event) => {
      await getSession(event, { password, revocation }).catch(() => undefined);
      return seen(await getSession(event, { password, revocation }));
    });
    const browser = await browserWith(t);
    expect((await browser.request("/")).status).toBe(503);
    expect((await browser.request("/")).json<Seen>()).toEqual({ id: "s1", data: STORED.data });
  });

  it("tells its own error to the app as the cause", async () => {
    sessionRoutes(t, { password, revocation: { notBefore: fail } });
    await (await browserWith(t)).request("/get");
    expect(t.errors[0]?.cause).toHaveProperty("message", "connect ECONNREFUSED");
  });
});

describeMatrix("sign-in and sign-out with createRevocations", (t, { it, expect }) => {
  it("revokeUser ends every earlier sign-in, on every device, and not the one after it", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const revocation = createRevocations();
    const config: SessionConfig = { password, revocation };
    t.route("/in", async (event) => (await useSession(event, config)).regenerate({ userId: "u1" }).then(() => "ok"));
    t.route("/change-password", async (event) => {
      const session = await useSession(event, config);
      revocation.revokeUser("u1");
      await session.regenerate({ userId: "u1" });
      return "ok";
    });
    t.route("/who", async (event) => (await getSession(event, config)).userId ?? "nobody");
    const [phone, laptop, other] = [t.browser(), t.browser(), t.browser()];
    for (const browser of [phone, laptop]) await browser.request("/in");
    vi.setSystemTime(NOW + 1);
    await laptop.request("/change-password");
    await other.request("/in");
    const who = await Promise.all([phone, laptop, other].map(async (browser) => (await browser.request("/who")).text));
    expect(who).toEqual(["nobody", "u1", "u1"]);
  });

  it("destroy ends every copy of the cookie; clear only the browser's own", async () => {
    const config: SessionConfig = { password, maxAge: 3600, revocation: createRevocations() };
    t.route("/clear", async (event) => (await useSession(event, config)).clear().then(() => "ok"));
    t.route("/destroy", async (event) => (await useSession(event, config)).destroy().then(() => "ok"));
    sessionRoutes(t, config);
    for (const [path, expected] of [
      ["/clear", STORED.data],
      ["/destroy", {}],
    ] as const) {
      const payload = { ...STORED, createdAt: Date.now() };
      const copy = await browserWith(t, payload);
      const browser = await browserWith(t, payload);
      expect(isDeletion((await browser.request(path)).cookie("h3")), path).toBe(true);
      expect((await copy.request("/get")).json<Seen>().data, path).toEqual(expected);
    }
  });

  it("destroy tells the revocation until when a copy would be good", async () => {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
    const told: [string, number][] = [];
    const revocation: SessionRevocation = {
      notBefore: () => undefined,
      revokeSession: (id, until) => void told.push([id, until - NOW]),
    };
    const lives = [{}, { maxAge: 100 }, { idleTimeout: 30 }, { maxAge: 100, idleTimeout: 30 }];
    for (const [index, life] of lives.entries()) {
      t.route(`/${index}`, async (event) => {
        await (await useSession(event, { password, revocation, ...life })).destroy();
        return "ok";
      });
      const browser = await browserWith(t, { ...STORED, createdAt: NOW - 10_000, lastSeenAt: NOW - 5000 });
      await browser.request(`/${index}`);
    }
    // A minute more, since clocks differ.
    expect(told).toEqual([Number.POSITIVE_INFINITY, 150_000, 90_000, 90_000].map((until) => ["s1", until]));
  });

  for (const [title, revokeSession] of [
    ["throws", () => Promise.reject(new Error("no store"))],
    ["is full", (id: string) => createRevocations({ maxEntries: 0 }).revokeSession(id)],
  ] as const) {
    it(`destroy, when its revocation ${title}, is a 503 that signs nobody out`, async () => {
      const config: SessionConfig = { password, revocation: { notBefore: () => undefined, revokeSession } };
      t.route("/destroy", async (event) => (await useSession(event, config)).destroy().then(() => "ok"));
      sessionRoutes(t, config);
      const browser = await browserWith(t);
      const reply = await browser.request("/destroy");
      expect(reply.status).toBe(503);
      expect(reply.setCookies).toEqual([]);
      expect((await browser.request("/get")).json<Seen>().id).toBe("s1");
    });
  }

  const CLEARED: Record<string, (event: MatrixEvent, config: SessionConfig) => Promise<unknown>> = {
    "cleared without a read": async () => undefined,
    "cleared after a read": (event, config) => getSession(event, config),
    "cleared while it is read": async (event, config) => void getSession(event, config),
  };
  for (const [title, begin] of Object.entries(CLEARED)) {
    for (const meanwhile of [false, true]) {
      it(`destroy ends the copies of a session that was ${title}${meanwhile ? ", meanwhile" : ""}, once`, async () => {
        const ended: string[] = [];
        const revocation: SessionRevocation = {
          notBefore: () => later(undefined),
          revokeSession: (id) => void ended.push(id),
        };
        const config: SessionConfig = { password, revocation };
        t.route("/", async (event) => {
          await begin(event, config);
          const destroyed = meanwhile && destroySession(event, config);
          await clearSession(event, config);
          await (destroyed || destroySession(event, config));
          await destroySession(event, config);
          return "ok";
        });
        const reply = await (await browserWith(t)).request("/");
        expect([reply.text, reply.cookies.map(isDeletion)]).toEqual(["ok", [true]]);
        expect(ended).toEqual(["s1"]);
      });
    }
  }

  it("destroy ends what has a new id when it is cleared, and not what came after a clear", async () => {
    const ended: string[] = [];
    const revocation: SessionRevocation = { notBefore: () => undefined, revokeSession: (id) => void ended.push(id) };
    const config: SessionConfig = { password, revocation };
    const ids: string[] = [];
    t.route("/regenerate", async (event) => {
      ids.push((await regenerateSession(event, config)).id);
      await clearSession(event, config);
      await destroySession(event, config);
      return "ok";
    });
    t.route("/update", async (event) => {
      await clearSession(event, config);
      ids.push((await updateSession(event, config, { a: 1 })).id);
      await destroySession(event, config);
      return "ok";
    });
    for (const path of ["/regenerate", "/update"]) await (await browserWith(t)).request(path);
    expect(ended).toEqual(ids);
    expect(ids).toHaveLength(2);
  });

  it("destroy tells nothing of a session that no cookie holds", async () => {
    const told: string[] = [];
    const revocation: SessionRevocation = { notBefore: () => undefined, revokeSession: (id) => void told.push(id) };
    t.route("/", async (event) => {
      const session = await useSession(event, { password, revocation, lazy: true });
      await session.destroy();
      await session.destroy();
      return "ok";
    });
    expect((await t.request("/")).text).toBe("ok");
    expect(told).toEqual([]);
  });
});
