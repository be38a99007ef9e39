import { defineUnsealBudget, type SessionConfig, useSession } from "ironkeep/h3";
import { vi } from "vitest";
import { describeMatrix, type MatrixContext } from "../h3/_matrix.ts";
import { PASSWORD } from "../h3/_passwords.ts";
import { MapStore, OTHER_PASSWORD, PASSWORD as STRONG } from "../h3-stored/_stores.ts";
import { from, limiterAt, PROXY } from "./_limits.ts";

const KINDS: Readonly<Record<string, () => SessionConfig>> = {
  sealed: () => ({ password: PASSWORD }),
  stored: () => ({ password: STRONG, store: new MapStore() }),
};

function setup(t: MatrixContext, config: SessionConfig) {
  const { limiter, pass } = limiterAt({ unseal: "2/1m" });
  t.use(defineUnsealBudget({ session: config, limiter, address: PROXY, allow: ["10.0.0.0/8"] }));
  t.route("/", async (event) => {
    const session = await useSession(event, config);
    await session.update(({ visits = 0 }) => ({ visits: Number(visits) + 1 }));
    return session.data;
  });
  return { limiter, pass };
}

for (const [kind, configOf] of Object.entries(KINDS)) {
  describeMatrix(`a budget for forged tokens of ${kind} sessions`, (t, { it, expect }) => {
    /** The cookie of a visitor, which is good. */
    const visit = async (address: string) => {
      const reply = await t.request("/", from(address));
      return `h3=${reply.cookie("h3").value}`;
    };
    const send = (address: string, headers: Record<string, string>) =>
      t.request("/", { headers: { ...from(address).headers, ...headers } });
    const tampered = (cookie: string) => `${cookie.slice(0, -2)}${cookie.endsWith("AA") ? "BB" : "AA"}`;

    it("refuses a client that came with too many, before its next token is opened, and nobody else", async () => {
      const { pass } = setup(t, configOf());
      const cookie = await visit("192.0.2.1");
      for (const bad of [tampered(cookie), "h3=nonsense"]) {
        expect((await send("192.0.2.1", { cookie: bad })).status).toBe(200);
      }
      for (const headers of [{ cookie: "h3=nonsense" }, { cookie }, { "x-h3-session": "nonsense" }]) {
        const refused = await send("192.0.2.1", headers as Record<string, string>);
        expect([refused.status, refused.headers.get("retry-after")]).toEqual([429, "30"]);
        expect([refused.headers.get("cache-control"), refused.setCookies]).toEqual(["no-store", []]);
        expect(refused.headers.has("ratelimit")).toBe(false);
      }
      // Without a token there is nothing to open; other addresses have budgets of their own.
      expect((await t.request("/", from("192.0.2.1"))).status).toBe(200);
      expect((await send("192.0.2.2", { cookie })).json()).toEqual({ visits: 2 });
      pass(30);
      expect((await send("192.0.2.1", { cookie })).status).toBe(200);
    });

    it("lets no more through of those that come together, and refuses no good one that comes with others", async () => {
      const { limiter } = setup(t, configOf());
      const cookie = await visit("192.0.2.1");
      const together = (cookies: string[]) =>
        Promise.all(cookies.map(async (each) => (await send("192.0.2.1", { cookie: each })).status));
      expect(await together(Array.from({ length: 20 }, () => cookie))).toEqual(Array.from({ length: 20 }, () => 200));
      const statuses = await together(Array.from({ length: 20 }, (_, n) => `h3=nonsense${n}`));
      expect(statuses.filter((status) => status === 200)).toHaveLength(2);
      expect(limiter.counts().unseal).toMatchObject({ allowed: 2, limited: 0 });
    });

    it("costs nothing for good sessions, for none, and for those that are merely too old", async () => {
      vi.useFakeTimers({ toFake: ["Date"] });
      const { limiter } = setup(t, { ...configOf(), maxAge: 60 });
      const cookie = await visit("192.0.2.1");
      for (let n = 0; n < 5; n++) expect((await send("192.0.2.1", { cookie })).status).toBe(200);
      vi.setSystemTime(Date.now() + 600_000);
      for (let n = 0; n < 5; n++) expect((await send("192.0.2.1", { cookie })).json()).toEqual({ visits: 1 });
      expect(limiter.counts().unseal).toMatchObject({ allowed: 0, limited: 0 });
    });

    it("counts a forged header beside a good cookie, and leaves out what allow has", async () => {
      const { limiter } = setup(t, configOf());
      const cookie = await visit("192.0.2.1");
      expect((await send("192.0.2.1", { cookie, "x-h3-session": tampered(cookie).slice(3) })).status).toBe(200);
      expect(limiter.counts().unseal).toMatchObject({ allowed: 1, limited: 0 });
      for (let n = 0; n < 5; n++) expect((await send("10.0.0.1", { cookie: "h3=nonsense" })).status).toBe(200);
      expect(limiter.counts().unseal).toMatchObject({ allowed: 1, limited: 0 });
    });
  });
}

describeMatrix("a budget for forged tokens while sealed sessions are taken over", (t, { it, expect }) => {
  it("counts seals and signed ids of other keys, and not those that are ours", async () => {
    const store = new MapStore();
    const sealed = { password: STRONG };
    const config = { ...sealed, store, migrate: { until: Date.now() + 86_400_000 } };
    const { limiter } = setup(t, config);
    for (const [path, other] of Object.entries({
      "/sealed": sealed,
      "/foreign": { password: OTHER_PASSWORD },
      "/foreign-id": { password: OTHER_PASSWORD, store: new MapStore() },
    })) {
      t.route(path, async (event) => {
        await (await useSession(event, other)).update({ visits: 1 });
        return "in";
      });
    }
    const cookieOf = async (path: string) => `h3=${(await t.request(path, from("192.0.2.9"))).cookie("h3").value}`;
    const send = async (path: string) => {
      const cookie = await cookieOf(path);
      await t.request("/", { headers: { cookie, ...from("192.0.2.1").headers } });
      return limiter.counts().unseal.allowed;
    };
    expect(await send("/sealed")).toBe(0);
    expect(await send("/foreign")).toBe(1);
    expect(await send("/foreign-id")).toBe(2);
  });
});
