import type { Keyring } from "ironkeep";
import { createKeyring } from "ironkeep";
import type { SessionConfig } from "ironkeep/h3";
import { checkCsrf, csrfToken } from "ironkeep/h3";
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
