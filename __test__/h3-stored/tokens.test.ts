import { createKeyring } from "ironkeep";
import { sealSession, type SessionConfig, unsealSession, updateSession, useSession } from "ironkeep/h3";
import { vi } from "vitest";
import { describeMatrix } from "../h3/_matrix.ts";
import { read, type Seen, setup, visitor } from "./_routes.ts";
import { OTHER_PASSWORD, PASSWORD } from "./_stores.ts";

const OLD = { id: "k1", secret: PASSWORD };
const NEW = { id: "k2", secret: OTHER_PASSWORD };

describeMatrix("the token of a stored session", (t, { it, expect }) => {
  const readWith = async (headers: Record<string, string>) => {
    const reply = await t.request("/read", { headers });
    expect(reply.setCookies).toEqual([]);
    return reply.json<Seen>();
  };

  it("may come in the header, before the cookie", async () => {
    setup(t);
    const [ada, bob] = [await visitor(t), await visitor(t)];
    const token = ada.jar.value("h3");
    expect(await readWith({ "x-h3-session": token })).toMatchObject({ id: ada.id, data: { visits: 1 } });
    const both = { "x-h3-session": token, cookie: bob.jar.header() ?? "" };
    expect((await readWith(both)).id).toBe(ada.id);
  });

  it("falls back to the cookie's when the header's is forged or of no session", async () => {
    const { config } = setup(t);
    t.route("/seal-other", (event) => sealSession(event, { ...config, name: "other" }));
    const browser = await visitor(t);
    const token = browser.jar.value("h3");
    const ofOtherName = (await t.request("/seal-other")).text;
    const forged = `${token.slice(0, -3)}${token.endsWith("AAA") ? "BBB" : "AAA"}`;
    for (const header of ["", "x", forged, ofOtherName, `${token}x`, token.slice(2)]) {
      const seen = await readWith({ "x-h3-session": header, cookie: browser.jar.header() ?? "" });
      expect(seen.id).toBe(browser.id);
    }
  });

  it("is in no header with `sessionHeader: false`, and in another that is named", async () => {
    const { config } = setup(t, { sessionHeader: false });
    t.route("/named", async (event) => (await useSession(event, { ...config, sessionHeader: "X-Mine" })).data);
    const browser = await visitor(t);
    const token = browser.jar.value("h3");
    expect(await readWith({ "x-h3-session": token })).toEqual({ data: {} });
    expect((await t.request("/named", { headers: { "x-mine": token } })).json()).toEqual({ visits: 1 });
  });

  it("of an older key is issued again with the same id, by the cookie and not by the header", async () => {
    const keys = { current: [OLD] };
    const ring = createKeyring({ keys: () => keys.current, refreshInterval: 0 });
    try {
      setup(t, { password: ring });
      const browser = await visitor(t);
      const old = browser.jar.value("h3");
      keys.current = [NEW, OLD];
      await ring.refresh();
      expect((await readWith({ "x-h3-session": old })).id).toBe(browser.id);
      const reply = await browser.request("/read");
      expect(reply.json<Seen>()).toEqual({ id: browser.id, data: { visits: 1 } });
      expect(reply.cookie("h3").value.slice(0, 50)).toBe(`k2.${browser.id}.`);
      expect(reply.headers.get("cache-control")).toBe("no-store");
      expect((await browser.request("/read")).setCookies).toEqual([]);
      keys.current = [NEW];
      await ring.refresh();
      expect((await read(browser)).id).toBe(browser.id);
      expect(await readWith({ cookie: `h3=${old}` })).toEqual({ data: {} });
    } finally {
      ring.close();
    }
  });

  it("is issued again for all who ask meanwhile: none of them goes on without it", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const keys = { current: [OLD] };
    const ring = createKeyring({ keys: () => keys.current, refreshInterval: 0 });
    try {
      const { store, config } = setup(t, { password: ring, idleTimeout: 100 });
      t.route("/twice", async (event) => {
        let touched = (): void => undefined;
        let goOn = (): void => undefined;
        const reached = new Promise<void>((resolve) => (touched = resolve));
        const held = new Promise<void>((resolve) => (goOn = resolve));
        store.before = async (name) => {
          if (name !== "touch") return;
          touched();
          await held;
        };
        const first = useSession(event, config);
        await reached;
        const second = useSession(event, config);
        goOn();
        const { id } = await second;
        void first;
        return { id };
      });
      const browser = await visitor(t);
      keys.current = [NEW, OLD];
      await ring.refresh();
      vi.setSystemTime(Date.now() + 50_000);
      const reply = await browser.request("/twice");
      expect(reply.json()).toEqual({ id: browser.id });
      expect(reply.cookie("h3").value.slice(0, 3)).toBe("k2.");
    } finally {
      ring.close();
    }
  });

  it("is given by sealSession, which begins a session and sets no cookie, and read by unsealSession", async () => {
    const { config } = setup(t);
    t.route("/seal", async (event) => ({ token: await sealSession(event, config) }));
    const sealed = await t.request("/seal");
    expect(sealed.setCookies).toEqual([]);
    const { token } = sealed.json<{ token: string }>();
    const { id = "" } = await readWith({ "x-h3-session": token });
    expect(token).toContain(`.${id}.`);
    expect(await unsealSession(null, config, token)).toMatchObject({ id, data: {} });
    await t.request("/sign-out", { headers: { "x-h3-session": token } });
    for (const bad of [token, "x", id]) {
      await expect(unsealSession(null, config, bad)).rejects.toMatchObject({ code: "ERR_SEAL_INVALID" });
    }
  });

  it("is in no cookie with `cookie: false`", async () => {
    const { config } = setup(t, { cookie: false });
    t.route("/begin", async (event) => {
      await updateSession(event, config, { begun: true });
      return { token: await sealSession(event, config) };
    });
    const reply = await t.request("/begin");
    expect(reply.setCookies).toEqual([]);
    const headers = { "x-h3-session": reply.json<{ token: string }>().token };
    expect((await readWith(headers)).data).toEqual({ begun: true });
    const signedIn = await t.request("/sign-in", { headers });
    expect(signedIn.setCookies).toEqual([]);
    expect((await t.request("/sign-out", { headers })).setCookies).toEqual([]);
  });

  it("is no credential without its MAC", async () => {
    setup(t);
    const browser = await visitor(t);
    for (const value of [browser.id, `0.${browser.id}`, `0.${browser.id}.`, `0.${browser.id}.${"A".repeat(22)}`]) {
      expect(await readWith({ cookie: `h3=${value}` })).toEqual({ data: {} });
    }
  });

  it("of another audience is nothing", async () => {
    const { config } = setup(t, { audience: "shop" });
    const others: SessionConfig = { ...config, audience: "blog" };
    t.route("/blog", async (event) => (await useSession(event, others)).data);
    const browser = await visitor(t);
    expect((await browser.request("/blog")).json()).toEqual({});
    expect(await read(browser)).toMatchObject({ data: { visits: 1 } });
  });
});
