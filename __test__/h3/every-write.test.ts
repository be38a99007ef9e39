import { createRevocations, getSession, updateSession } from "ironkeep/h3";
import { cached } from "./_cached.ts";
import type { Browser, MatrixContext } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import { makeSeal, openSeal } from "./_seals.ts";
import { captureWarnings } from "./_warnings.ts";
import { WRITES } from "./_writes.ts";

/** With `idleTimeout`, so that `touch` writes too, and a revocation that `destroy` tells. */
const config = { password: PASSWORD, idleTimeout: 3600, revocation: createRevocations() };

/** A browser with a session that holds data and a value to take. */
async function stored(t: MatrixContext): Promise<Browser> {
  const payload = { id: "s1", createdAt: Date.now(), lastSeenAt: Date.now(), data: { a: 1 }, flash: { kept: "hello" } };
  const browser = t.browser();
  browser.jar.set("h3", await makeSeal(payload, PASSWORD, { generation: t.major }));
  return browser;
}

describeMatrix("what every write keeps to", (t, { it, expect }) => {
  for (const [name, write] of Object.entries(WRITES)) {
    const local = { ...config, revocation: createRevocations() };

    it(`${name}: one Set-Cookie, no-store, also when the handler fails`, async () => {
      t.route("/", async (event) => {
        await write(event, { ...local, revocation: undefined });
        throw t.httpError(403, "no");
      });
      const reply = await (await stored(t)).request("/");
      expect(reply.status).toBe(403);
      expect(reply.cookieNames()).toEqual(["h3"]);
      expect(reply.headers.get("cache-control")).toBe("no-store");
    });

    it(`${name}: nothing in a cached handler, and one warning`, async () => {
      const warnings = captureWarnings();
      const path = `/${name.replaceAll(/\W/g, "-")}-${t.major}-${t.target.replace(" ", "-")}`;
      t.route(
        path,
        cached(async (event) => {
          await write(event, local);
          return "cached";
        }),
      );
      t.middleware(async (event) => void (await getSession(event, local)));
      const reply = await (await stored(t)).request(path);
      expect(reply.text).toBe("cached");
      expect(reply.setCookies).toEqual([]);
      expect(warnings).toHaveLength(1);
      expect(local.revocation.isRevoked("s1")).toBe(false);
    });

    it(`${name}: no cookie with cookie: false`, async () => {
      t.route("/", async (event) => {
        await write(event, { ...config, revocation: undefined, cookie: false });
        return "ok";
      });
      const reply = await (await stored(t)).request("/");
      expect(reply.text).toBe("ok");
      expect(reply.setCookies).toEqual([]);
    });

    if (name.startsWith("destroy")) continue;
    it(`${name}: beside parallel updates, none of them is lost`, async () => {
      t.route("/", async (event) => {
        const updates = [1, 2, 3].map((n) => updateSession(event, config, { [`update${n}`]: n }));
        await Promise.all([...updates, write(event, config)]);
        await Promise.all([write(event, config), updateSession(event, config, { last: true })]);
        return (await getSession(event, config)).data;
      });
      const reply = await (await stored(t)).request("/");
      const all = { update1: 1, update2: 2, update3: 3, last: true };
      // What comes after them replaces them.
      expect(reply.json()).toMatchObject(name.startsWith("replace") ? { written: true } : all);
      const { payload } = await openSeal(reply.cookie("h3").value, PASSWORD);
      expect(payload.data).toEqual(reply.json());
    });
  }
});
