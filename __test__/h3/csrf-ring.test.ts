import type { Keyring } from "ironkeep";
import { createKeyring } from "ironkeep";
import type { SessionConfig } from "ironkeep/h3";
import { checkCsrf, csrfToken } from "ironkeep/h3";
import { vi } from "vitest";
import { Source } from "../keyring/_rings.ts";
import { HEADERS, post, reasonOf } from "./_csrf-requests.ts";
import type { Browser, MatrixContext } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { OLD_PASSWORD, PASSWORD } from "./_passwords.ts";

const OLD = { id: "k1", secret: OLD_PASSWORD };
const NEW = { id: "k2", secret: PASSWORD };

/** `/token` and `/transfer` for a session that may be exchanged. */
function bank(t: MatrixContext, session: SessionConfig): { session: SessionConfig } {
  const app = { session };
  t.route("/token", (event) => csrfToken(event, app.session));
  t.route("/transfer", async (event) => {
    await checkCsrf(event, { session: app.session });
    return "done";
  });
  return app;
}

describeMatrix("a CSRF token of a key ring", (t, { it, expect }) => {
  const tokenOf = async (browser: Browser): Promise<string> => (await browser.request("/token")).text;

  async function transfer(browser: Browser, token: string): Promise<unknown> {
    const reply = await browser.request("/transfer", post(HEADERS.ownFetch, { "x-csrf-token": token }));
    return reply.status === 200 ? reply.text : reasonOf(t.errors);
  }

  async function withRing(keys: { current: (typeof OLD)[] }, body: (ring: Keyring) => Promise<void>): Promise<void> {
    const ring = createKeyring({ keys: () => keys.current, refreshInterval: 0 });
    await body(ring).finally(() => ring.close());
  }

  it("is made by the key that seals, and good until its key is gone", async () => {
    const keys = { current: [OLD] };
    await withRing(keys, async (ring) => {
      bank(t, { password: ring });
      const browser = t.browser();
      const old = await tokenOf(browser);
      expect(old.slice(0, 3)).toBe("k1.");
      keys.current = [NEW, OLD];
      await ring.refresh();
      expect(await transfer(browser, old)).toBe("done");
      const current = await tokenOf(browser);
      expect(current.slice(0, 3)).toBe("k2.");
      keys.current = [NEW];
      await ring.refresh();
      expect(await transfer(browser, old)).toBe("bad-token");
      expect(await transfer(browser, current)).toBe("done");
    });
  });

  it("is refused, and no outage, before a visitor without a session had the keys read", async () => {
    await withRing({ current: [OLD] }, async (ring) => {
      bank(t, { password: ring });
      expect(await transfer(t.browser(), `k1.${"A".repeat(64)}`)).toBe("bad-token");
      const browser = t.browser();
      expect(await transfer(browser, await tokenOf(browser))).toBe("done");
    });
  });

  it("is bound to the audience, also where the cookie is not", async () => {
    const ring = createKeyring([OLD]);
    const app = bank(t, { password: ring, audience: "shop" });
    const browser = t.browser();
    const token = await tokenOf(browser);
    expect(await transfer(browser, token)).toBe("done");
    app.session = { password: ring, audience: "admin" };
    expect(await transfer(browser, token)).toBe("bad-token");
    ring.close();
  });

  /** A ring that was read a while ago, a session of it, and its token under the key that was made since. */
  async function withYoungToken(
    body: (ring: Keyring, source: Source, browser: Browser, token: string) => Promise<void>,
  ) {
    vi.useFakeTimers({ toFake: ["Date"] });
    const source = new Source(OLD);
    const ring = createKeyring({ keys: source.read, refreshInterval: 0 });
    const app = bank(t, { password: ring });
    const browser = t.browser();
    await tokenOf(browser);
    const cookies = browser.jar.header("/token") ?? "";
    app.session = { password: createKeyring([NEW, OLD]) };
    const token = (await t.request("/token", { headers: { cookie: cookies } })).text;
    expect(token.slice(0, 3)).toBe("k2.");
    app.session = { password: ring };
    vi.setSystemTime(Date.now() + 5000);
    await body(ring, source, browser, token).finally(() => ring.close());
  }

  it("under a key that is not there yet has the keys read", async () => {
    await withYoungToken(async (ring, source, browser, token) => {
      source.gives(NEW, OLD);
      expect(await transfer(browser, token)).toBe("done");
      expect(source.calls).toBe(2);
      expect(ring.keys().map(({ id }) => id)).toEqual(["k2", "k1"]);
    });
  });

  it("under a key that nobody knows has them read once a second, however many ask", async () => {
    await withYoungToken(async (_, source, browser, token) => {
      for (const [step, calls] of [
        [0, 2],
        [999, 2],
        [1, 3],
      ] as const) {
        vi.setSystemTime(Date.now() + step);
        const all = await Promise.all(Array.from({ length: 20 }, () => transfer(browser, token)));
        expect(new Set(all)).toEqual(new Set(["bad-token"]));
        expect(source.calls).toBe(calls);
      }
    });
  });

  it("under a key that is there, and what is no token, has no key read", async () => {
    await withYoungToken(async (_, source, browser, token) => {
      const forged = `k1.${token.slice(3)}`;
      for (const text of [forged, "k2", "k2.", `${token}A`, `k-2.${"A".repeat(64)}`, "x".repeat(200)]) {
        expect(await transfer(browser, text)).toBe("bad-token");
      }
      expect(source.calls).toBe(1);
    });
  });

  it("under an unknown key, when the keys cannot be read, is an outage", async () => {
    await withYoungToken(async (_, source, browser, token) => {
      source.answer = () => Promise.reject(new Error("no network"));
      const reply = await browser.request("/transfer", post(HEADERS.ownFetch, { "x-csrf-token": token }));
      expect([reply.status, reply.headers.get("retry-after")]).toEqual([503, "1"]);
      expect(t.errors.at(-1)).toHaveProperty("code", "ERR_KEYRING_UNAVAILABLE");
      source.gives(NEW, OLD);
      vi.setSystemTime(Date.now() + 1000);
      expect(await transfer(browser, token)).toBe("done");
    });
  });

  it("counts as a use of its key", async () => {
    const ring = createKeyring([OLD]);
    bank(t, { password: ring });
    const browser = t.browser();
    const token = await tokenOf(browser);
    const [before] = ring.keys();
    expect(await transfer(browser, token)).toBe("done");
    const [after] = ring.keys();
    // The cookie and the token.
    expect((after?.opened ?? 0) - (before?.opened ?? 0)).toBe(2);
    ring.close();
  });
});
