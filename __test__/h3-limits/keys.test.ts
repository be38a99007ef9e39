import { defineRateLimit, type RateLimitOptions, type SessionConfig, useSession } from "ironkeep/h3";
import { describeMatrix, type MatrixContext, type MatrixEvent } from "../h3/_matrix.ts";
import { PASSWORD } from "../h3/_passwords.ts";
import { MapStore, PASSWORD as STRONG } from "../h3-stored/_stores.ts";
import { cached } from "../h3/_cached.ts";
import { freshName, from, PROXY } from "./_limits.ts";

type Options = RateLimitOptions<MatrixEvent>;

/** A route behind a limit of two, before which visitors may sign in. */
function setup(t: MatrixContext, options: Options, session: SessionConfig = { password: PASSWORD }) {
  t.route("/sign-in/:user", async (event) => {
    const manager = await useSession(event, session);
    const userId = /sign-in\/([\w.]+)/.exec(event.path)?.[1] ?? "";
    await manager.regenerate({ userId });
    return "in";
  });
  const limit = defineRateLimit({ name: freshName(), quota: "2/1h", address: PROXY, session, ...options });
  t.route(
    "/a",
    limit.wrap(() => "done"),
  );
  t.route(
    "/b/**",
    limit.wrap(() => "done"),
  );
  return limit;
}

/** How many of so many requests are admitted. */
async function admitted(times: number, send: (n: number) => Promise<{ status: number }>): Promise<number> {
  let count = 0;
  for (let n = 0; n < times; n++) if ((await send(n)).status === 200) count += 1;
  return count;
}

const STORED = (): SessionConfig => ({ password: STRONG, store: new MapStore() });

describeMatrix("what a rate limit counts by", (t, { it, expect }) => {
  it("address: by IPv6 a whole /64 is one client, and what a client writes itself is none", async () => {
    setup(t, {});
    expect(await admitted(9, (n) => t.request("/a", from(`2001:db8:1:2::${n + 1}`)))).toBe(2);
    expect(await admitted(9, (n) => t.request("/a", from(`2001:db8:1:${n + 3}::1`)))).toBe(9);
    expect(await admitted(9, (n) => t.request("/a", from(`10.0.0.${n}, 192.0.2.1`)))).toBe(2);
    expect(await admitted(9, () => t.request("/a", from("::ffff:192.0.2.1")))).toBe(0);
  });

  for (const [kind, session] of [
    ["sealed", () => ({ password: PASSWORD })],
    ["stored", STORED],
  ] as const) {
    it(`user and session, ${kind}: their own buckets, whatever the address`, async () => {
      for (const by of ["user", "session"] as const) {
        const config = session();
        const name = freshName();
        const limit = defineRateLimit({ name, quota: "2/1h", address: PROXY, session: config, by });
        t.route(
          `/${by}`,
          limit.wrap(() => "done"),
        );
        t.route(`/${by}/sign-in/:user`, async (event) => {
          const manager = await useSession(event, config);
          await manager.regenerate({ userId: /sign-in\/(\w+)/.exec(event.path)?.[1] ?? "" });
          return "in";
        });
        const [ada, laptop, bob] = [t.browser(), t.browser(), t.browser()];
        await ada.request(`/${by}/sign-in/ada`, from("192.0.2.1"));
        await laptop.request(`/${by}/sign-in/ada`, from("192.0.2.1"));
        await bob.request(`/${by}/sign-in/bob`, from("192.0.2.1"));
        expect(await admitted(5, (n) => ada.request(`/${by}`, from(`192.0.2.${n}`)))).toBe(2);
        expect(await admitted(5, () => laptop.request(`/${by}`, from("192.0.2.1")))).toBe(by === "user" ? 0 : 2);
        expect(await admitted(5, () => bob.request(`/${by}`, from("192.0.2.1")))).toBe(2);
      }
    });

    it(`user and session, ${kind}: who has none, or begins one each time, counts by address`, async () => {
      const config = session();
      t.middleware(async (event) => (await useSession(event, config)).update({ seen: true }));
      for (const by of ["user", "session"] as const) {
        const limit = defineRateLimit({ name: freshName(), quota: "2/1h", address: PROXY, session: config, by });
        t.route(
          `/${by}`,
          limit.wrap(() => "done"),
        );
        expect(await admitted(5, () => t.request(`/${by}`, from("192.0.2.7")))).toBe(2);
        const forged = {
          headers: { ...from("192.0.2.7").headers, cookie: "h3=Fe26.2*forged", "x-h3-session": "forged" },
        };
        expect(await admitted(5, () => t.request(`/${by}`, forged))).toBe(0);
        expect(await admitted(5, () => t.request(`/${by}`, from("192.0.2.8")))).toBe(2);
      }
    });
  }

  it("route: one bucket for each pattern, not for each path", async () => {
    setup(t, { by: "route" });
    expect(await admitted(5, (n) => t.request(`/b/${n}?q=${n}`, from(`192.0.2.${n}`)))).toBe(2);
    expect(await admitted(5, () => t.request("/a"))).toBe(2);
  });

  it("all: one bucket", async () => {
    setup(t, { by: "all" });
    expect(await admitted(5, (n) => t.request("/a", from(`192.0.2.${n}`)))).toBe(2);
  });

  it("a function of the event, async ones too, of which texts and numbers are keys", async () => {
    const keyOf = (event: MatrixEvent): string | null => new Headers(event.headers).get("x-key");
    const keys = {
      text: keyOf,
      later: async (event: MatrixEvent) => keyOf(event),
      number: (e: MatrixEvent) => Number(keyOf(e)),
    };
    for (const [name, by] of Object.entries(keys)) {
      const limit = defineRateLimit({ name: freshName(), quota: "2/1h", address: PROXY, by });
      t.route(
        `/${name}`,
        limit.wrap(() => "done"),
      );
      const send = (key: string, address: string) =>
        t.request(`/${name}`, { headers: { ...from(address).headers, "x-key": key } });
      expect(await admitted(5, (n) => send("7", `192.0.2.${n}`))).toBe(2);
      expect(await admitted(5, () => send("8", "192.0.2.1"))).toBe(2);
    }
  });

  it.each<[string, unknown]>([
    ["an empty text", ""],
    ["null", null],
    ["undefined", undefined],
    ["not a number", Number.NaN],
    ["an object", {}],
    ["a promise of nothing", Promise.resolve(undefined)],
    ["false", false],
  ])("a key that is %s is no key, and no way out: the address counts", async (_, key) => {
    setup(t, { by: () => key as string });
    expect(await admitted(5, () => t.request("/a", from("192.0.2.1")))).toBe(2);
    expect(await admitted(5, () => t.request("/a", from("192.0.2.2")))).toBe(2);
  });

  it("without an address all requests share a bucket, also with garbage in the header", async () => {
    setup(t, { address: { trustedProxies: ["203.0.113.0/24"] } });
    const sends = [from("1.1.1.1"), from("garbage"), {}, from("2.2.2.2"), from("")];
    expect(await admitted(5, (n) => t.request("/a", sends[n]))).toBe(2);
  });

  it("whenMissing: one bucket for all of them, or none by explicit word", async () => {
    setup(t, { by: () => undefined, whenMissing: "shared" });
    expect(await admitted(5, (n) => t.request("/a", from(`192.0.2.${n}`)))).toBe(2);
    const skipping = defineRateLimit({ name: freshName(), quota: "2/1h", by: () => undefined, whenMissing: "skip" });
    t.route(
      "/skipped",
      skipping.wrap(() => "done"),
    );
    expect(await admitted(5, () => t.request("/skipped"))).toBe(5);
    expect((await t.request("/skipped")).headers.has("ratelimit")).toBe(false);
  });

  it("several sources have a bucket for each combination, and no two combinations are one", async () => {
    const part = (name: string) => (event: MatrixEvent) => new Headers(event.headers).get(name);
    setup(t, { by: [part("x-a"), part("x-b")] });
    const send = (a: string, b: string) =>
      t.request("/a", { headers: { "x-a": a, "x-b": b, ...from("192.0.2.1").headers } });
    const pairs = [
      ["1", "2"],
      ["2", "1"],
      ["12", "3"],
      ["1", "23"],
      ["1,key=2", "3"],
      ["1", "2,key=3"],
      ['1","key=2', "3"],
      ["1", '2","key=3'],
    ] as const;
    for (const [a, b] of pairs) expect(await admitted(3, () => send(a, b))).toBe(2);
  });

  it("a user cannot take the bucket of an address, nor a key that of a user", async () => {
    const config = { password: PASSWORD };
    setup(t, { by: "user" }, config);
    const browser = t.browser();
    await browser.request("/sign-in/192.0.2.1", from("192.0.2.1"));
    expect(await admitted(3, () => browser.request("/a", from("192.0.2.1")))).toBe(2);
    expect(await admitted(3, () => t.request("/a", from("192.0.2.1")))).toBe(2);
  });

  it("limits of one name and quota share their buckets, of another name or quota not", async () => {
    const name = freshName();
    const routes = [
      ["/1", { name, quota: "2/1h" }],
      ["/2", { name, quota: { limit: 2, window: 3600 } }],
      ["/3", { name, quota: "3/1h" }],
      ["/4", { name: freshName(), quota: "2/1h" }],
    ] as const;
    for (const [path, options] of routes) {
      t.route(
        path,
        defineRateLimit({ ...options, address: PROXY }).wrap(() => "done"),
      );
    }
    const send = (path: string) => admitted(5, () => t.request(path, from("192.0.2.1")));
    expect([await send("/1"), await send("/2"), await send("/3"), await send("/4")]).toEqual([2, 0, 3, 2]);
  });

  it("inside a cached handler is counted all the same, and no field goes into what the cache keeps", async () => {
    // In process nothing tells Nitro 3's narrowed request from a whole one, unless a session was looked at before.
    t.middleware(async (event) => void (await useSession(event, { password: PASSWORD, lazy: true })));
    const limit = defineRateLimit({
      name: freshName(),
      quota: "2/1h",
      by: ["address", "user"],
      session: { password: PASSWORD },
    });
    t.route("/cached", cached(limit.wrap(() => "done")));
    expect((await t.request("/cached")).headers.has("ratelimit")).toBe(false);
    expect(await admitted(5, () => t.request("/cached"))).toBe(1);
    const refused = await t.request("/cached");
    expect([refused.status, refused.headers.get("cache-control")]).toEqual([429, "no-store"]);
    // A visitor can say that he is a prerenderer.
    expect((await t.request("/cached", { headers: { "x-nitro-prerender": "/" } })).status).toBe(429);
  });

  it("what a key's function throws fails the request, and lets nobody through", async () => {
    setup(t, {
      by: () => {
        throw new Error("broken");
      },
    });
    expect((await t.request("/a")).status).toBe(500);
    setup(t, {});
  });
});
