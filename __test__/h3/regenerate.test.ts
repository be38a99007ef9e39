import type { SessionConfig } from "ironkeep/h3";
import {
  checkCsrf,
  clearSession,
  csrfToken,
  getSession,
  regenerateSession,
  updateSession,
  useSession,
} from "ironkeep/h3";
import { vi } from "vitest";
import type { Browser, MatrixContext } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Payload } from "./_seals.ts";
import { makeSeal, openSeal } from "./_seals.ts";

const NOW = Date.UTC(2026, 0, 15, 12, 0, 0);
const config: SessionConfig = { password: PASSWORD };
const ANONYMOUS = { id: "s1", createdAt: NOW - 60_000, data: { cart: ["book"] } };
const SIGNED_IN = { ...ANONYMOUS, userId: "u1", authenticatedAt: NOW - 30_000, flash: { notice: "hello" } };

async function browserWith(t: MatrixContext, payload: object): Promise<Browser> {
  const browser = t.browser();
  browser.jar.set("h3", await makeSeal(payload, PASSWORD, { generation: t.major }));
  return browser;
}

async function payloadOf(browser: Browser): Promise<Payload> {
  return (await openSeal(browser.jar.value("h3"), PASSWORD)).payload;
}

describeMatrix("regenerate", (t, { it, expect }) => {
  function freeze(): void {
    vi.useFakeTimers({ toFake: ["Date"], now: NOW });
  }

  it("alone: a new id, and all the rest as it was", async () => {
    freeze();
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      const same = await session.regenerate();
      return { same: same === session, id: session.id, userId: session.userId, at: session.authenticatedAt };
    });
    const browser = await browserWith(t, SIGNED_IN);
    const reply = await browser.request("/");
    const { id, ...rest } = await payloadOf(browser);
    expect(id).toMatch(/^[\da-f-]{36}$/);
    const { id: _old, ...expected } = SIGNED_IN;
    expect(rest).toEqual(expected);
    expect(reply.json()).toEqual({ same: true, id, userId: "u1", at: NOW - 30_000 });
    expect(reply.cookieNames()).toEqual(["h3"]);
  });

  it("with a user: signed in now, createdAt too, and the data goes along", async () => {
    freeze();
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      expect([session.userId, session.authenticatedAt]).toEqual([undefined, undefined]);
      await session.regenerate({ userId: "u1" });
      return { id: session.id, userId: session.userId, at: session.authenticatedAt, data: session.data };
    });
    const browser = await browserWith(t, ANONYMOUS);
    const reply = await browser.request("/");
    const payload = await payloadOf(browser);
    expect(payload).toEqual({
      id: expect.not.stringMatching(/^s1$/) as string,
      createdAt: NOW,
      data: { cart: ["book"] },
      userId: "u1",
      authenticatedAt: NOW,
    });
    expect(reply.json()).toEqual({ id: payload.id, userId: "u1", at: NOW, data: { cart: ["book"] } });
  });

  it("with the same user again: a new sign-in, the data stays", async () => {
    freeze();
    t.route("/", async (event) => regenerateSession(event, config, { userId: "u1" }));
    const browser = await browserWith(t, SIGNED_IN);
    await browser.request("/");
    expect(await payloadOf(browser)).toMatchObject({ createdAt: NOW, authenticatedAt: NOW, data: { cart: ["book"] } });
  });

  it("with another user: nothing of the former one's goes along", async () => {
    freeze();
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      await session.regenerate({ userId: "u2" });
      return { id: session.id, data: session.data, mirrored: event.context.sessions?.["h3"]?.id };
    });
    const browser = await browserWith(t, { ...SIGNED_IN, tenant: "t1" });
    const reply = await browser.request("/");
    const payload = await payloadOf(browser);
    expect(payload).toEqual({ id: payload.id, createdAt: NOW, data: {}, userId: "u2", authenticatedAt: NOW });
    expect(reply.json()).toEqual({ id: payload.id, data: {}, mirrored: payload.id });
  });

  it("with another user: an updater under way for the former one writes nothing into the new session", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      let finish = (): void => {};
      const held = new Promise<void>((resolve) => (finish = resolve));
      const updating = session.update(async () => held.then(() => ({ secretOf: "u1" })));
      await session.regenerate({ userId: "u2" });
      finish();
      await updating;
      return session.data;
    });
    const browser = await browserWith(t, SIGNED_IN);
    expect((await browser.request("/")).json()).toEqual({});
    expect((await payloadOf(browser)).data).toEqual({});
  });

  it("updates, slides and seals of the session inherit the user and the time of the sign-in", async () => {
    freeze();
    const sliding = { ...config, idleTimeout: 100 };
    t.route("/in", async (event) => (await useSession(event, sliding)).regenerate({ userId: "u1" }).then(() => "in"));
    t.route("/update", async (event) => updateSession(event, sliding, { a: 1 }));
    t.route("/get", async (event) => getSession(event, sliding));
    const browser = t.browser();
    await browser.request("/in");
    for (const [seconds, path] of [
      [10, "/update"],
      [70, "/get"],
    ] as const) {
      vi.setSystemTime(NOW + seconds * 1000);
      expect((await browser.request(path)).cookieNames(), path).toEqual(["h3"]);
      const inherited = { userId: "u1", authenticatedAt: NOW, lastSeenAt: NOW + seconds * 1000 };
      expect(await payloadOf(browser), path).toMatchObject(inherited);
    }
  });

  it("a user in the data, in an update or in h3's own fields signs nobody in", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      await session.update({ userId: "admin", authenticatedAt: 1 });
      await session.replace({ userId: "admin", authenticatedAt: 1 });
      return [session.userId ?? null, session.authenticatedAt ?? null];
    });
    const browser = t.browser();
    expect((await browser.request("/")).json()).toEqual([null, null]);
    expect(await payloadOf(browser)).not.toHaveProperty("userId");
  });

  it("fields of a token that are no user and no time are not shown as one", async () => {
    t.route("/", async (event) => {
      const { userId, authenticatedAt } = await useSession(event, config);
      return [userId ?? null, authenticatedAt ?? null];
    });
    const browser = await browserWith(t, { ...ANONYMOUS, userId: 7, authenticatedAt: "today" });
    expect((await browser.request("/")).json()).toEqual([null, null]);
  });

  it("ends the CSRF tokens of before", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      const check = (token: string): Promise<void> => checkCsrf(event, { session: config, token });
      for (const options of [undefined, { userId: "u1" }]) {
        const token = await csrfToken(event, config);
        await check(token);
        await session.regenerate(options);
        await expect(check(token)).rejects.toMatchObject({ code: "ERR_CSRF" });
        await check(await csrfToken(event, config));
      }
      return "ok";
    });
    const headers = { "sec-fetch-site": "same-origin" };
    expect((await (await browserWith(t, ANONYMOUS)).request("/", { method: "POST", headers })).text).toBe("ok");
  });

  for (const [title, options] of [
    ["a userId that is no text", { userId: 7 }],
    ["a userId that is empty", { userId: "" }],
    ["a userId that is undefined", { userId: undefined }],
    ["a user in the place of options", "u1"],
    ["null", null],
  ] as const) {
    it(`${title} is ERR_CONFIG, and nothing changes`, async () => {
      t.route("/", async (event) => {
        const session = await useSession(event, config);
        const error = (await session
          .regenerate(options as { userId: string })
          .catch((caught: unknown) => caught)) as Error;
        expect(error).toMatchObject({ code: "ERR_CONFIG" });
        expect(error.message).not.toContain("u1");
        return session.id;
      });
      const reply = await (await browserWith(t, ANONYMOUS)).request("/");
      expect(reply.text).toBe("s1");
      expect(reply.setCookies).toEqual([]);
    });
  }

  for (const [title, payload] of [
    ["nobody's", ANONYMOUS],
    ["another user's", { ...SIGNED_IN, userId: "u2" }],
  ] as const) {
    it(`a generator that gives the id of ${title} session again is ERR_CONFIG, and nothing changes`, async () => {
      t.route("/", async (event) => {
        const fixed = { ...config, generateId: () => "s1" };
        await expect(regenerateSession(event, fixed, { userId: "u1" })).rejects.toMatchObject({ code: "ERR_CONFIG" });
        return getSession(event, config);
      });
      const reply = await (await browserWith(t, payload)).request("/");
      expect(reply.json()).toEqual(payload);
      expect(reply.setCookies).toEqual([]);
    });
  }

  for (const userId of [undefined, "u1", "u2"]) {
    it(`a cookie that cannot be set leaves the session as it was, userId ${userId}`, async () => {
      t.route("/", async (event) => {
        const session = await useSession(event, config);
        const before = { ...(await getSession(event, config)) };
        const tooSmall = { ...config, maxCookieBytes: 100 };
        const options = userId === undefined ? undefined : { userId };
        const failing = regenerateSession(event, tooSmall, options);
        await expect(failing).rejects.toMatchObject({ code: "ERR_COOKIE_TOO_LARGE" });
        expect({ ...(await getSession(event, config)) }).toEqual(before);
        expect(event.context.sessions?.["h3"]?.id).toBe(before.id);
        return session.id;
      });
      const reply = await (await browserWith(t, SIGNED_IN)).request("/");
      expect(reply.text).toBe("s1");
      expect(reply.setCookies).toEqual([]);
    });
  }

  it("after a clear it signs in a new session without old data", async () => {
    t.route("/", async (event) => {
      await clearSession(event, config);
      return regenerateSession(event, config, { userId: "u2" });
    });
    const browser = await browserWith(t, SIGNED_IN);
    await browser.request("/");
    expect(await payloadOf(browser)).toMatchObject({ userId: "u2", data: {} });
  });

  it("a clear that comes while it waits is what is sent", async () => {
    t.route("/", async (event) => {
      const session = await useSession<Record<string, unknown>>(event, config);
      session.data["probe"] = { toJSON: () => void clearSession(event, config) };
      await session.regenerate({ userId: "u1" });
      return { id: session.id ?? null, userId: session.userId ?? null };
    });
    const browser = await browserWith(t, ANONYMOUS);
    expect((await browser.request("/")).json()).toEqual({ id: null, userId: null });
    expect(browser.jar.names).toEqual([]);
  });

  it("of two at once the cookie has the id that the session has", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      await Promise.all([session.regenerate(), session.regenerate({ userId: "u1" }), session.regenerate()]);
      return session.id;
    });
    const browser = await browserWith(t, ANONYMOUS);
    const reply = await browser.request("/");
    expect(await payloadOf(browser)).toMatchObject({ id: reply.text, userId: "u1" });
  });
});
