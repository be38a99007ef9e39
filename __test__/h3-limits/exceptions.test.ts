import { defineRateLimit, type RateLimitDecision, useRateLimit } from "ironkeep/h3";
import { createRateLimiter } from "ironkeep/limit";
import { describeMatrix } from "../h3/_matrix.ts";
import { freshName, from, limiterAt, PROXY } from "./_limits.ts";

describeMatrix("what a rate limit makes exceptions of", (t, { it, expect }) => {
  const statuses = async (addresses: readonly string[], path = "/") => {
    const found = [];
    for (const address of addresses) found.push((await t.request(path, from(address))).status);
    return found;
  };

  it("allow counts none of these addresses, deny refuses them with 403, and deny comes first", async () => {
    const { limiter } = limiterAt({ api: "1/1m" });
    const limited: string[] = [];
    t.use(
      defineRateLimit({
        limiter,
        by: "all",
        address: PROXY,
        allow: ["10.0.0.0/8", "2001:db8::/32"],
        deny: ["10.6.6.0/24", "2001:db8:bad::/48", "203.0.113.7"],
        onLimited: (_, decision) => limited.push(decision.outcome),
      }),
    );
    t.route("/", () => "done");
    expect(await statuses(["10.0.0.1", "10.0.0.1", "2001:db8::1", "::ffff:10.1.1.1"])).toEqual([200, 200, 200, 200]);
    expect(await statuses(["10.6.6.6", "203.0.113.7", "2001:db8:bad::1"])).toEqual([403, 403, 403]);
    expect(limited).toEqual(["denied", "denied", "denied"]);
    expect(limiter.counts().api).toMatchObject({ allowed: 0, limited: 0 });
    expect(await statuses(["203.0.113.8", "203.0.113.8", "10.0.0.1"])).toEqual([200, 429, 200]);
    const denied = await t.request("/", from("203.0.113.7"));
    expect(denied.json()).toEqual({
      type: "about:blank",
      title: "Forbidden",
      status: 403,
      detail: "Requests from this address are not accepted",
    });
    expect(denied.headers.get("cache-control")).toBe("no-store");
    expect([denied.headers.has("ratelimit"), denied.headers.has("retry-after")]).toEqual([false, false]);
  });

  it("a denied request in the form of an error, and what is exempt has no fields", async () => {
    const { limiter } = limiterAt({ api: "1/1m" });
    t.use(defineRateLimit({ limiter, address: PROXY, body: "error", deny: ["0.0.0.0/0"], allow: ["::/0"] }));
    t.route("/", () => "done");
    const denied = await t.request("/", from("192.0.2.1"));
    expect(denied.json()).toEqual({
      error: { code: "ADDRESS_DENIED", message: "Requests from this address are not accepted" },
    });
    const exempt = await t.request("/", from("2001:db8::1"));
    expect([exempt.status, exempt.headers.has("ratelimit")]).toEqual([200, false]);
  });

  it("skip leaves out those for which it gives true, and nothing but true", async () => {
    const answers: Record<string, unknown> = {
      yes: true,
      later: Promise.resolve(true),
      text: "true",
      one: 1,
      no: false,
    };
    for (const [name, answer] of Object.entries(answers)) {
      const limit = defineRateLimit({ name: freshName(), quota: "1/1h", by: "all", skip: () => answer as boolean });
      t.route(
        `/${name}`,
        limit.wrap(() => "done"),
      );
      const skips = name === "yes" || name === "later";
      expect([name, ...(await statuses(["1.1.1.1", "1.1.1.1"], `/${name}`))]).toEqual([name, 200, skips ? 200 : 429]);
    }
  });

  it("a listener that fails, at once or later, changes no answer and ends no process", async () => {
    const { limiter } = limiterAt({ api: "1/1m" });
    const fails = [
      () => {
        throw new Error("the log is down");
      },
      () => Promise.reject(new Error("the log is down")),
    ];
    const unhandled: unknown[] = [];
    const hear = (reason: unknown): number => unhandled.push(reason);
    process.on("unhandledRejection", hear);
    for (const [at, onLimited] of fails.entries()) {
      const limit = defineRateLimit({ limiter, address: PROXY, onLimited });
      t.route(
        `/${at}`,
        limit.wrap(() => "done"),
      );
      expect(await statuses([`192.0.2.${at}`, `192.0.2.${at}`], `/${at}`)).toEqual([200, 429]);
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off("unhandledRejection", hear);
    expect(unhandled).toEqual([]);
  });

  it("dryRun refuses nothing and says nothing to clients, and tells the app", async () => {
    const { limiter } = limiterAt({ api: "1/1m" });
    const limited: RateLimitDecision[] = [];
    t.use(
      defineRateLimit({
        limiter,
        address: PROXY,
        dryRun: true,
        deny: ["203.0.113.7"],
        onLimited: (_, decision) => limited.push(decision),
      }),
    );
    t.route("/", () => "done");
    expect(await statuses(["192.0.2.1", "192.0.2.1", "192.0.2.1", "203.0.113.7"])).toEqual([200, 200, 200, 200]);
    const reply = await t.request("/", from("192.0.2.1"));
    expect([...reply.headers.keys()].filter((name) => /ratelimit|retry/.test(name))).toEqual([]);
    expect(limited.map(({ outcome, allowed }) => [outcome, allowed])).toEqual([
      ["limited", true],
      ["limited", true],
      ["denied", true],
      ["limited", true],
    ]);
    expect(limiter.counts().api).toMatchObject({ allowed: 1, limited: 3 });
  });

  it("a cost takes as many tokens, of all limits or of each, fixed or by request", async () => {
    const { limiter } = limiterAt({ a: "10/1m", b: "100/1m" });
    const limits = { a: { by: "all" }, b: { by: "all" } } as const;
    const costs = [4, { a: 1, b: 50 }, () => 2, async () => ({ b: 10 }), () => 0, () => null as never] as const;
    const left = [];
    for (const cost of costs) {
      const decision = await new Promise<RateLimitDecision>((resolve) => {
        const path = `/${left.length}`;
        t.route(path, async (event) => resolve(await useRateLimit(event, { limiter, limits, cost })));
        void t.request(path);
      });
      left.push(decision.decisions.map(({ remaining }) => remaining));
    }
    expect(left).toEqual([
      [6, 96],
      [5, 46],
      [3, 44],
      [2, 34],
      [2, 34],
      [1, 33],
    ]);
  });

  it("a cost that is none fails the request, and lets nobody through", async () => {
    const { limiter } = limiterAt({ api: "10/1m" });
    for (const cost of [Number.NaN, -1, 1.5, 11, Infinity, "1"]) {
      const limit = defineRateLimit({ limiter, cost: () => cost as number });
      t.route(
        `/${String(cost)}`,
        limit.wrap(() => "done"),
      );
      const { status } = await t.request(`/${String(cost)}`);
      expect([cost, status]).toEqual([cost, 500]);
    }
    expect(limiter.counts().api.allowed).toBe(0);
  });

  it("a limiter that is closed is a 503, and not no limit", async () => {
    const limiter = createRateLimiter({ quota: "10/1m" });
    t.use(defineRateLimit({ limiter }));
    t.route("/", () => "done");
    expect((await t.request("/")).status).toBe(200);
    await limiter.close();
    const reply = await t.request("/");
    expect([reply.status, reply.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(t.errors[0]).toMatchObject({ code: "ERR_STORE_CLOSED" });
  });

  it("a limiter that answers later is waited for, and what it throws is an outage or an error", async () => {
    const { limiter: memory } = limiterAt({ api: "1/1m" });
    const { policies } = memory;
    let error: Error | undefined;
    const consume = async (...args: Parameters<typeof memory.consume>) => {
      await new Promise((resolve) => setImmediate(resolve));
      if (error) throw error;
      return memory.consume(...args);
    };
    const limiter = { policies, driver: "redis", consume, counts: () => memory.counts() } as never;
    t.use(defineRateLimit({ limiter, by: "all" }));
    t.route("/", () => "done");
    expect(await statuses(["1.1.1.1", "1.1.1.1"])).toEqual([200, 429]);
    error = Object.assign(new Error("no answer"), { code: "ERR_STORE_UNAVAILABLE" });
    expect(await statuses(["1.1.1.1"])).toEqual([503]);
    error = new Error("defect");
    expect(await statuses(["1.1.1.1"])).toEqual([500]);
  });
});
