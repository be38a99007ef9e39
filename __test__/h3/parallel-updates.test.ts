import type { SessionConfig } from "ironkeep/h3";
import { getSession, updateSession, useSession } from "ironkeep/h3";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { seen, sessionRoutes } from "./_routes.ts";
import { makeSeal } from "./_seals.ts";

interface Counter extends Record<string, unknown> {
  count: number;
}

const config: SessionConfig = { password: PASSWORD };
const TEN = Array.from({ length: 10 }, (_, i) => i);

describeMatrix("parallel updates in one request", (t, { it, expect }) => {
  async function storedSession(): Promise<{ cookie: string }> {
    const payload = { id: "s1", createdAt: Date.now(), data: { count: 100, kept: true } };
    return { cookie: `h3=${await makeSeal(payload, PASSWORD, { generation: t.major })}` };
  }

  it("all survive, in the answer and in the cookie", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      await Promise.all(TEN.map((i) => session.update({ [`key${i}`]: i })));
      return seen(session);
    });
    sessionRoutes(t, config);
    const browser = t.browser();
    const reply = await browser.request("/");
    const all = Object.fromEntries(TEN.map((i) => [`key${i}`, i]));
    expect(reply.json<Seen>().data).toEqual(all);
    expect(reply.cookieNames()).toEqual(["h3"]);
    expect((await browser.request("/use")).json<Seen>().data).toEqual(all);
  });

  it("they survive while the first read is still pending", async () => {
    t.route("/", async (event) => {
      await Promise.all([
        getSession(event, config),
        ...TEN.map((i) => updateSession(event, config, { [`key${i}`]: i })),
      ]);
      return seen(await getSession(event, config));
    });
    sessionRoutes(t, config);
    const browser = t.browser();
    const reply = await browser.request("/", { headers: await storedSession() });
    const all = { count: 100, kept: true, ...Object.fromEntries(TEN.map((i) => [`key${i}`, i])) };
    expect(reply.json<Seen>()).toEqual({ id: "s1", data: all });
    expect((await browser.request("/use")).json<Seen>()).toEqual({ id: "s1", data: all });
  });

  it("an updater that runs while the read is pending gets the stored data", async () => {
    t.route("/", async (event) => {
      const reading = useSession<Counter>(event, config);
      await updateSession<Counter>(event, config, (old) => ({ count: (old.count ?? 0) + 1 }));
      return seen(await reading);
    });
    const reply = await t.request("/", { headers: await storedSession() });
    expect(reply.json<Seen>()).toEqual({ id: "s1", data: { count: 101, kept: true } });
  });

  it("ten increments by functions add up", async () => {
    t.route("/", async (event) => {
      const session = await useSession<Counter>(event, config);
      await Promise.all(TEN.map(() => session.update((old) => ({ count: (old.count ?? 0) + 1 }))));
      return seen(session);
    });
    sessionRoutes(t, config);
    const browser = t.browser();
    await browser.request("/", { headers: await storedSession() });
    expect((await browser.request("/use")).json<Seen>().data["count"]).toBe(110);
  });

  it("ten increments by async functions add up", async () => {
    t.route("/", async (event) => {
      const session = await useSession<Counter>(event, config);
      const increment = async (old: Partial<Counter>): Promise<Partial<Counter>> => {
        const { count = 0 } = old;
        await Promise.resolve();
        return { count: count + 1 };
      };
      await Promise.all(TEN.map(() => session.update(increment)));
      return seen(session);
    });
    sessionRoutes(t, config);
    const browser = t.browser();
    await browser.request("/", { headers: await storedSession() });
    expect((await browser.request("/use")).json<Seen>().data["count"]).toBe(110);
  });

  it("one that fails does not take the others with it", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      const outcomes = await Promise.allSettled([
        session.update({ first: 1 }),
        session.update(() => {
          throw new Error("updater failed");
        }),
        session.update({ last: 3 }),
      ]);
      return { outcomes: outcomes.map(({ status }) => status), data: session.data };
    });
    sessionRoutes(t, config);
    const browser = t.browser();
    const reply = await browser.request("/");
    expect(reply.json()).toEqual({
      outcomes: ["fulfilled", "rejected", "fulfilled"],
      data: { first: 1, last: 3 },
    });
    expect((await browser.request("/use")).json<Seen>().data).toEqual({ first: 1, last: 3 });
  });

  it("two sessions by name do not wait for each other", async () => {
    t.route("/", async (event) => {
      const one = await useSession(event, config);
      const two = await useSession(event, { ...config, name: "other" });
      let finish = (): void => {};
      const held = new Promise<void>((resolve) => (finish = resolve));
      const waiting = one.update(async () => held.then(() => ({ a: 1 })));
      await two.update({ b: 2 });
      finish();
      await waiting;
      return [one.data, two.data];
    });
    expect((await t.request("/")).json()).toEqual([{ a: 1 }, { b: 2 }]);
  });
});

describeMatrix("an async updater", (t, { it, expect }) => {
  it("is awaited, and its result is stored", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      await session.update(async (old) => {
        await Promise.resolve();
        return { ...old, loaded: true };
      });
      return seen(session);
    });
    sessionRoutes(t, config);
    const browser = t.browser();
    expect((await browser.request("/")).json<Seen>().data).toEqual({ loaded: true });
    expect((await browser.request("/use")).json<Seen>().data).toEqual({ loaded: true });
  });

  it("may change the data in place and give nothing", async () => {
    t.route("/", async (event) => {
      const session = await useSession<Counter>(event, config);
      await session.update(async (old) => {
        await Promise.resolve();
        old.count = 7;
        return undefined;
      });
      return seen(session);
    });
    sessionRoutes(t, config);
    const browser = t.browser();
    await browser.request("/");
    expect((await browser.request("/use")).json<Seen>().data).toEqual({ count: 7 });
  });

  it("that rejects is passed on, and what was stored stays", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      await session.update({ a: 1 });
      const failing = session.update(async () => {
        await Promise.resolve();
        throw new Error("no database");
      });
      const message = await failing.then(String, (error: Error) => error.message);
      return { message, data: session.data };
    });
    expect((await t.request("/")).json()).toEqual({ message: "no database", data: { a: 1 } });
  });

  it("may be given to updateSession too", async () => {
    t.route("/", async (event) => seen(await updateSession(event, config, async () => ({ from: "updateSession" }))));
    expect((await t.request("/")).json<Seen>().data).toEqual({ from: "updateSession" });
  });
});
