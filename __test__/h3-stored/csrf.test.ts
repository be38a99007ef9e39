import { createKeyring } from "ironkeep";
import { checkCsrf, csrfToken, type SessionConfig } from "ironkeep/h3";
import { HEADERS, post, reasonOf } from "../h3/_csrf-requests.ts";
import { type Browser, describeMatrix } from "../h3/_matrix.ts";
import { read, setup, visitor } from "./_routes.ts";
import { OTHER_PASSWORD, PASSWORD } from "./_stores.ts";

describeMatrix("a CSRF token of a stored session", (t, { it, expect }) => {
  const bank = (more: Partial<SessionConfig> = {}) => {
    const app = setup(t, more);
    t.route("/token", (event) => csrfToken(event, app.config));
    t.route("/transfer", async (event) => {
      await checkCsrf(event, { session: app.config });
      return "done";
    });
    return app;
  };
  const tokenOf = async (browser: Browser) => (await browser.request("/token")).text;
  const transfer = async (browser: Browser, token: string): Promise<unknown> => {
    const reply = await browser.request("/transfer", post(HEADERS.ownFetch, { "x-csrf-token": token }));
    return reply.status === 200 ? reply.text : reasonOf(t.errors);
  };

  it("begins a session for a new visitor, which gets its cookie with it", async () => {
    const { store } = bank();
    const browser = t.browser();
    const reply = await browser.request("/token");
    expect(reply.cookieNames()).toEqual(["h3"]);
    expect(reply.headers.get("cache-control")).toBe("no-store");
    expect(store.calls).toEqual(["create"]);
    expect(await transfer(browser, reply.text)).toBe("done");
  });

  it("writes nothing for a session that is there", async () => {
    const { store } = bank();
    const browser = await visitor(t);
    store.calls.length = 0;
    const reply = await browser.request("/token");
    expect([reply.setCookies, store.calls]).toEqual([[], ["load"]]);
    expect(reply.headers.get("cache-control")).toBe("no-store");
    expect(await transfer(browser, reply.text)).toBe("done");
  });

  it("is of the session's id: not of another session, and not after a sign-in", async () => {
    bank();
    const [ada, bob] = [await visitor(t), await visitor(t)];
    const token = await tokenOf(ada);
    expect(await transfer(bob, token)).toBe("bad-token");
    expect(await transfer(t.browser(), token)).toBe("bad-token");
    await ada.request("/sign-in");
    expect(await transfer(ada, token)).toBe("bad-token");
    expect(await transfer(ada, await tokenOf(ada))).toBe("done");
    const late = await tokenOf(ada);
    const copy = t.browser(ada.jar.clone());
    await ada.request("/sign-out");
    expect(await transfer(copy, late)).toBe("bad-token");
  });

  it("is good for its session under a newer key too", async () => {
    const keys = { current: [{ id: "k1", secret: PASSWORD }] };
    const ring = createKeyring({ keys: () => keys.current, refreshInterval: 0 });
    try {
      bank({ password: ring });
      const browser = await visitor(t);
      const token = await tokenOf(browser);
      keys.current = [{ id: "k2", secret: OTHER_PASSWORD }, ...keys.current];
      await ring.refresh();
      expect((await read(browser)).id).toBe(browser.id);
      expect(await transfer(browser, token)).toBe("done");
      expect((await tokenOf(browser)).slice(0, 3)).toBe("k2.");
    } finally {
      ring.close();
    }
  });

  it("is neither made nor judged in an outage", async () => {
    const { store } = bank({ deadline: 20 });
    const browser = await visitor(t);
    const token = await tokenOf(browser);
    store.fault = "throws";
    expect((await browser.request("/token")).status).toBe(503);
    const refused = await browser.request("/transfer", post(HEADERS.ownFetch, { "x-csrf-token": token }));
    expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "1"]);
  });
});
