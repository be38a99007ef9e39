import {
  clearSession,
  destroySession,
  getSession,
  regenerateSession,
  sealSession,
  unsealSession,
  updateSession,
  useSession,
} from "ironkeep/h3";
import { z } from "zod";
import { isDeletion } from "../h3/_cookies.ts";
import { describeMatrix } from "../h3/_matrix.ts";
import { captureWarnings } from "../h3/_warnings.ts";
import { read, type Seen, setup, visitor } from "./_routes.ts";

/** A promise and what settles it. */
function gate(): { opened: Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

describeMatrix("the end of a stored session", (t, { it, expect }) => {
  for (const [verb, end] of Object.entries({ clearSession, destroySession })) {
    it(`by ${verb} is one for every copy of the cookie, and leaves a tombstone`, async () => {
      const { config } = setup(t);
      t.route("/end", async (event) => {
        await end(event, config);
        return "done";
      });
      const browser = await visitor(t);
      const copy = t.browser(browser.jar.clone());
      const reply = await browser.request("/end");
      expect(isDeletion(reply.cookie("h3"))).toBe(true);
      expect(browser.jar.names).toEqual([]);
      expect(await read(copy)).toEqual({ data: {} });
      const late = await copy.request("/visit");
      expect([late.status, late.setCookies]).toEqual([401, []]);
    });
  }

  it("asks the store nothing for a visitor without a session", async () => {
    const { store } = setup(t);
    await t.request("/sign-out");
    await t.request("/sign-out", { headers: { cookie: "h3=0.x.y" } });
    expect(store.calls).toEqual([]);
  });

  it("begins anew with what is written afterwards in the same request, called without waiting too", async () => {
    const { config } = setup(t);
    t.route("/switch", async (event) => {
      await getSession(event, config);
      const cleared = clearSession(event, config);
      const updated = updateSession(event, config, { fresh: true });
      await Promise.all([cleared, updated]);
      return getSession(event, config);
    });
    const browser = await visitor(t);
    const reply = await browser.request("/switch");
    expect(reply.cookieNames()).toEqual(["h3"]);
    const { id, data } = reply.json<{ id: string; data: object }>();
    expect(data).toEqual({ fresh: true });
    expect(id).not.toBe(browser.id);
    expect(await read(browser)).toEqual({ id, data });
  });

  it("is one for a read that is under way, too", async () => {
    const { store, config } = setup(t);
    const [reached, go] = [gate(), gate()];
    t.route("/race", async (event) => {
      store.after = async () => {
        store.after = undefined;
        reached.open();
        await go.opened;
      };
      const reading = useSession(event, config);
      await reached.opened;
      const cleared = clearSession(event, config);
      // Enough for an end that waits for nothing.
      for (let ticks = 0; ticks < 10; ticks++) await new Promise(setImmediate);
      go.open();
      await Promise.all([reading, cleared]);
      return getSession(event, config);
    });
    const browser = await visitor(t);
    const reply = await browser.request("/race");
    expect(reply.json()).toMatchObject({ id: "", data: {} });
    expect(reply.cookies.map(isDeletion)).toEqual([true]);
  });

  for (const verb of ["read", "write"] as const) {
    it(`is one for a read that was called just before it, without waiting: a ${verb} then`, async () => {
      const { store, config } = setup(t);
      t.route("/race", async (event) => {
        store.after = async () => {
          store.after = undefined;
          // Later than the whole end, if that waits for nothing.
          for (let ticks = 0; ticks < 10; ticks++) await new Promise(setImmediate);
        };
        await Promise.all([getSession(event, config), clearSession(event, config)]);
        const { id, data } = await (verb === "read" ? getSession(event, config) : updateSession(event, config, {}));
        return { id, data };
      });
      const browser = await visitor(t);
      const reply = await browser.request("/race");
      expect(reply.json()).toEqual({ id: verb === "read" ? "" : expect.any(String), data: {} });
      expect(reply.cookies.map(isDeletion)).toEqual([verb === "read"]);
      expect(await read(browser)).toMatchObject({ data: {} });
    });
  }

  for (const held of ["before", "during"] as const) {
    it(`drops an update that is ${held} its write, and lets no cookie of it out`, async () => {
      const { store, config } = setup(t);
      const [reached, go] = [gate(), gate()];
      t.route("/race", async (event) => {
        const session = await useSession(event, config);
        store.before = async (name) => {
          if (held !== "during" || name !== "save") return;
          reached.open();
          await go.opened;
        };
        const updated = session.update(async () => {
          if (held === "before") {
            reached.open();
            await go.opened;
          }
          return { late: true };
        });
        await reached.opened;
        const cleared = session.clear();
        if (held === "during") go.open();
        await cleared;
        go.open();
        await updated;
        return { id: session.id ?? null, data: session.data };
      });
      const browser = await visitor(t);
      const copy = t.browser(browser.jar.clone());
      const reply = await browser.request("/race");
      expect([reply.status, reply.text]).toEqual([200, '{"id":null,"data":{}}']);
      expect(reply.cookies.map(isDeletion)).toEqual([true]);
      expect(await read(copy)).toEqual({ data: {} });
    });
  }

  for (const [verb, write] of Object.entries({ updateSession, regenerateSession })) {
    it(`ends what ${verb} is just giving an id`, async () => {
      const { store, config } = setup(t);
      const [reached, go] = [gate(), gate()];
      const given: string[] = [];
      t.route("/race", async (event) => {
        await useSession(event, config);
        store.before = async (name) => {
          if (name !== "create" && name !== "regenerate") return;
          reached.open();
          await go.opened;
        };
        const written = write(event, config, { userId: "ada" }).then(({ id }) => given.push(id));
        await reached.opened;
        const cleared = clearSession(event, config);
        go.open();
        await Promise.all([cleared, written]);
        return "done";
      });
      const browser = verb === "updateSession" ? t.browser() : await visitor(t);
      const reply = await browser.request("/race");
      expect(reply.status).toBe(200);
      expect(reply.cookies.map(isDeletion)).toEqual([true]);
      expect(given).toEqual([""]);
      expect(await store.list({ now: Date.now() }, "ada")).toEqual([]);
    });
  }

  it("ends the session of another user that a sign-in is just making", async () => {
    const { store, config } = setup(t);
    const [reached, go] = [gate(), gate()];
    t.route("/race", async (event) => {
      await useSession(event, config);
      store.after = async (name) => {
        if (name !== "regenerate") return;
        reached.open();
        await go.opened;
      };
      const given = regenerateSession(event, config, { userId: "eve" });
      await reached.opened;
      const cleared = clearSession(event, config);
      go.open();
      await cleared;
      return { id: (await given).id };
    });
    const browser = await visitor(t);
    await browser.request("/sign-in");
    const reply = await browser.request("/race");
    expect(reply.json()).toEqual({ id: "" });
    expect(reply.cookies.map(isDeletion)).toEqual([true]);
    for (const userId of ["ada", "eve"]) expect(await store.list({ now: Date.now() }, userId)).toEqual([]);
  });

  it("ends it at whatever moment after the store has made it", async () => {
    const { store, config } = setup(t);
    const browser = await visitor(t);
    const state = { ticks: 0 };
    t.route("/race", async (event) => {
      await useSession(event, config);
      const cleared = gate();
      store.after = (name) => {
        if (name !== "regenerate") return;
        store.after = undefined;
        void (async () => {
          for (let tick = 0; tick < state.ticks; tick++) await undefined;
          await clearSession(event, config);
          cleared.open();
        })();
      };
      await regenerateSession(event, config, { userId: "eve" });
      await cleared.opened;
      return "done";
    });
    // More than there are from the store's reply to the cookie.
    for (; state.ticks < 40; state.ticks++) {
      await browser.request("/sign-in");
      const reply = await browser.request("/race");
      expect([reply.status, reply.cookies.map(isDeletion)]).toEqual([200, [true]]);
      expect([state.ticks, await store.list({ now: Date.now() }, "eve")]).toEqual([state.ticks, []]);
    }
  });

  for (const onInvalid of ["reset", "reject"] as const) {
    it(`does not read the data, so that a schema which refuses it keeps nobody signed in: ${onInvalid}`, async () => {
      captureWarnings();
      const { config } = setup(t);
      const strict = { ...config, schema: z.object({ name: z.string() }), onInvalid };
      t.route("/strict", async (event) => {
        await clearSession(event, strict);
        return "done";
      });
      const browser = await visitor(t);
      const copy = t.browser(browser.jar.clone());
      const reply = await browser.request("/strict");
      expect([reply.status, reply.cookies.map(isDeletion)]).toEqual([200, [true]]);
      expect(await read(copy)).toEqual({ data: {} });
    });
  }

  it("that was read as no session by its schema is one too", async () => {
    captureWarnings();
    const { config } = setup(t);
    const strict = { ...config, schema: z.object({ name: z.string() }) };
    t.route("/strict", async (event) => {
      const session = await useSession(event, strict);
      await session.clear();
      return session.data;
    });
    const browser = await visitor(t);
    const copy = t.browser(browser.jar.clone());
    await browser.request("/strict");
    expect(await read(copy)).toEqual({ data: {} });
  });

  it("in an outage has not come, and the same request can go on", async () => {
    const { store, config } = setup(t, { deadline: 20 });
    t.route("/retry", async (event) => {
      const session = await useSession(event, config);
      store.fault = "throws";
      const code = await session.clear().catch(({ code: is }: { code: string }) => is);
      store.fault = undefined;
      await session.update({ still: true });
      return { code, data: session.data };
    });
    const browser = await visitor(t);
    const reply = await browser.request("/retry");
    expect(reply.json()).toEqual({ code: "ERR_STORE_UNAVAILABLE", data: { visits: 1, still: true } });
    expect(reply.setCookies).toEqual([]);
  });

  for (const isNew of [false, true]) {
    it(`leaves a token that is made meanwhile one of another session${isNew ? ", where there was none" : ""}`, async () => {
      const { config } = setup(t);
      t.route("/seal", async (event) => {
        await getSession(event, config);
        const sealing = sealSession(event, config);
        await clearSession(event, config);
        const { id, data } = await unsealSession(event, config, await sealing);
        return { id, data };
      });
      const browser = isNew ? t.browser() : await visitor(t);
      const reply = await browser.request("/seal");
      expect(reply.status).toBe(200);
      const { id, data } = reply.json<Seen>();
      expect(data).toEqual({});
      expect(id).not.toBe(Reflect.get(browser, "id"));
    });
  }
});
