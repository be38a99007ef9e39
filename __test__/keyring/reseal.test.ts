// Cookies move on to the newer key when their visitor comes back, and end with a key that is removed.

import { createKeyring } from "ironkeep";
import type { SessionConfig } from "ironkeep/h3";

import { describeMatrix } from "../h3/_matrix.ts";
import { type Seen, sessionRoutes } from "../h3/_routes.ts";
import { key, kidOf, Source } from "./_rings.ts";

const [k1, k2] = [key("k1"), key("k2")];

describeMatrix("a rotation", (t, { it, expect }) => {
  for (const [title, format] of [
    ["Fe26.2", "iron"],
    ["ik1", "ik1"],
  ] as const) {
    const start = async () => {
      const source = new Source(k1);
      const ring = createKeyring({ keys: source.read, refreshInterval: 0 });
      const config: SessionConfig = { password: ring, seal: { format } };
      sessionRoutes(t, config).update = { user: "ada" };
      const browser = t.browser();
      const set = await browser.request("/set");
      return { source, ring, browser, session: set.json<Seen>(), old: set.cookie("h3").value };
    };

    it(`${title}: a cookie of the older key is sealed again, once, with the same session`, async () => {
      const { source, ring, browser, session, old } = await start();
      source.gives(k2, k1);
      await ring.refresh();
      const first = await browser.request("/get");
      expect(first.json<Seen>()).toEqual(session);
      expect([kidOf(old), kidOf(first.cookie("h3").value)]).toEqual(["k1", "k2"]);
      const second = await browser.request("/get");
      expect([second.json<Seen>(), second.setCookies]).toEqual([session, []]);
    });

    it(`${title}: a key whose time has not come leaves the cookie as it is`, async () => {
      const { source, ring, browser, session } = await start();
      source.gives(key("k2", Date.now() + 3_600_000), k1);
      await ring.refresh();
      const reply = await browser.request("/use");
      expect([reply.json<Seen>(), reply.setCookies]).toEqual([session, []]);
    });

    it(`${title}: a removed key opens nothing after refresh(), and the new one goes on`, async () => {
      const { source, ring, browser, session, old } = await start();
      source.gives(k2, k1);
      await ring.refresh();
      await browser.request("/use");
      source.gives(k2);
      await ring.refresh();
      expect((await browser.request("/get")).json<Seen>()).toEqual(session);
      const refused = await t.request("/get", { headers: { cookie: `h3=${old}` } });
      expect([refused.status, refused.json<Seen>().data, refused.setCookies]).toEqual([200, {}, []]);
      expect(refused.json<Seen>().id).not.toBe(session.id);
    });
  }
});
