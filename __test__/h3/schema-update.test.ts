import type { SessionConfig, SessionUpdate } from "ironkeep/h3";
import {
  flashSession,
  getSession,
  regenerateSession,
  replaceSession,
  sealSession,
  touchSession,
  updateSession,
  useSession,
} from "ironkeep/h3";
import type { Browser, MatrixContext } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Data, Seen } from "./_routes.ts";
import { seen } from "./_routes.ts";
import { SCHEMAS, schemaOf } from "./_schemas.ts";
import { makeSeal, openSeal } from "./_seals.ts";

const password = PASSWORD;
const STORED = { id: "s1", createdAt: 1_700_000_000_000, data: { name: "Ada", visits: 3 } };
const REFUSED = { code: "ERR_SCHEMA" };

async function browserWith(t: MatrixContext, payload: object = STORED): Promise<Browser> {
  const browser = t.browser();
  browser.jar.set("h3", await makeSeal(payload, PASSWORD, { generation: t.major }));
  return browser;
}

async function dataOf(browser: Browser): Promise<unknown> {
  return (await openSeal(browser.jar.value("h3"), PASSWORD)).payload.data;
}

for (const [library, schema] of Object.entries(SCHEMAS)) {
  const config: SessionConfig = { password, schema, lazy: true, idleTimeout: 10_000_000_000 };

  describeMatrix(`an update under a schema of ${library}`, (t, { it, expect }) => {
    it("stores the schema's output: transformed, with defaults, without what it does not know", async () => {
      t.route("/", async (event) => seen(await updateSession(event, config, { name: " Ada ", extra: 1 })));
      const browser = t.browser();
      const data = { name: "Ada", visits: 0 };
      expect((await browser.request("/")).json<Seen>().data).toEqual(data);
      expect(await dataOf(browser)).toEqual(data);
    });

    const bad: Record<string, SessionUpdate> = {
      "a partial": { visits: "secret-value" },
      "a function": (old) => ({ ...old, visits: "secret-value" }),
      "an async function": async () => ({ visits: "secret-value" }),
      "a function that changes the data in place": (old) => {
        old["visits"] = "secret-value";
        old["name"] = "Eve";
      },
      "a function that removes a key": (old) => {
        delete old["name"];
      },
    };
    for (const [form, update] of Object.entries(bad)) {
      it(`${form} that it refuses: ERR_SCHEMA with the path and no value, and nothing has changed`, async () => {
        t.route("/", async (event) => {
          const session = await useSession(event, config);
          const error = (await session.update(update).catch((caught: unknown) => caught)) as Error;
          expect(error).toMatchObject(REFUSED);
          expect(error.message).toMatch(/: (visits|name)$/);
          expect(error.message).not.toContain("secret-value");
          return seen(session);
        });
        const browser = await browserWith(t);
        const reply = await browser.request("/");
        expect(reply.json<Seen>()).toEqual({ id: "s1", data: STORED.data });
        expect(reply.setCookies).toEqual([]);
      });
    }

    it("replace is validated as a whole", async () => {
      t.route("/", async (event) => {
        await expect(replaceSession(event, config, { visits: 1 })).rejects.toMatchObject(REFUSED);
        const before = { ...(await getSession(event, config)).data };
        await replaceSession(event, config, { name: " Bob" });
        return [before, (await getSession(event, config)).data];
      });
      const reply = await (await browserWith(t)).request("/");
      expect(reply.json()).toEqual([STORED.data, { name: "Bob", visits: 0 }]);
    });

    it("parallel updates all survive, partials and functions", async () => {
      t.route("/", async (event) => {
        const session = await useSession<Data>(event, config);
        const increment = (old: Data): Data => ({ visits: Number(old["visits"]) + 1 });
        await Promise.all([
          session.update(increment),
          session.update({ name: "Bob" }),
          session.update(async (old) => Promise.resolve().then(() => increment(old))),
          session.update(increment),
          session.update((old) => void Object.assign(old, increment(old))),
        ]);
        return session.data;
      });
      const browser = await browserWith(t);
      expect((await browser.request("/")).json()).toEqual({ name: "Bob", visits: 7 });
      expect(await dataOf(browser)).toEqual({ name: "Bob", visits: 7 });
    });

    it("a partial that comes while an async updater runs is kept, also from within it", async () => {
      t.route("/", async (event) => {
        const session = await useSession<Data>(event, config);
        await session.update(async (old) => {
          await session.update({ name: "Bob" });
          return { visits: Number(old["visits"]) + 1 };
        });
        return session.data;
      });
      expect((await (await browserWith(t)).request("/")).json()).toEqual({ name: "Bob", visits: 4 });
    });

    it("what was changed directly is sealed by nothing, when the schema refuses it", async () => {
      t.route("/", async (event) => {
        const session = await getSession<Data>(event, config);
        session.data["visits"] = "many";
        const sealing: (() => Promise<unknown>)[] = [
          () => updateSession(event, config),
          () => touchSession(event, config),
          () => flashSession(event, config, "a", 1),
          () => regenerateSession(event, config),
          () => regenerateSession(event, config, { userId: "u1" }),
          () => sealSession(event, config),
        ];
        for (const seal of sealing) await expect(seal()).rejects.toMatchObject(REFUSED);
        return [session.id, session.userId ?? null, session.flash ?? null];
      });
      const reply = await (await browserWith(t)).request("/");
      expect(reply.json()).toEqual(["s1", null, null]);
      expect(reply.setCookies).toEqual([]);
    });
  });
}

describeMatrix("an update under any schema", (t, { it, expect }) => {
  it("leaves what is deep in the data as it was, when it is refused", async () => {
    const schema = schemaOf((value) =>
      (value as { list?: number[] }).list?.includes(13)
        ? { issues: [{ message: "13", path: ["list", 2] }] }
        : { value },
    );
    const config = { password, schema };
    t.route("/", async (event) => {
      const session = await useSession<{ list: number[] }>(event, config);
      await session.update({ list: [1, 2] });
      await expect(session.update((old) => void old.list?.push(13))).rejects.toThrow(/at: list\.2$/);
      await session.update((old) => void old.list?.push(3));
      return session.data;
    });
    expect((await t.request("/")).json()).toEqual({ list: [1, 2, 3] });
  });

  it("waits for an async schema, and takes no clear for an update", async () => {
    let judge = (): void => {};
    const schema = schemaOf((value) => new Promise((resolve) => (judge = () => resolve({ value }))));
    const plain = { password };
    t.route("/", async (event) => {
      const session = await useSession(event, plain);
      const updating = updateSession(event, { password, schema }, { late: true });
      await session.clear();
      judge();
      await updating;
      return seen(session);
    });
    const browser = await browserWith(t);
    expect((await browser.request("/")).json<Seen>()).toEqual({ data: {} });
    expect(browser.jar.names).toEqual([]);
  });

  it("names at most ten places, and no key that may be data", async () => {
    const issues = (paths: readonly unknown[][]) =>
      schemaOf((value) => (Object.keys(value as object).length > 0 ? { issues: paths.map(issueAt) } : { value }));
    const issueAt = (path: unknown[]) => ({ message: "a value", path: path as PropertyKey[] });
    const cases: readonly (readonly [unknown[][], string])[] = [
      [[["user", { key: "name" }, 0]], "user.name.0"],
      [[["byMail", "ada@example.com"]], "byMail.*"],
      [[[Symbol("s")], ["x".repeat(33)], [""]], "*"],
      [[[]], "the whole"],
      [Array.from({ length: 12 }, (_, i) => [`k${i}`]), "k0, k1, k2, k3, k4, k5, k6, k7, k8, k9 and 2 more"],
    ];
    t.route("/", async (event) => {
      const messages: string[] = [];
      for (const [paths] of cases) {
        const config = { password, schema: issues(paths) };
        await updateSession(event, config, { a: 1 }).catch((error: Error) => messages.push(error.message));
      }
      return messages;
    });
    const messages = (await t.request("/")).json<string[]>();
    const start = 'The data of the session "h3" does not match its schema, at: ';
    expect(messages).toEqual(cases.map(([, expected]) => start + expected));
  });

  it("what is no schema, or gives no object, is an error", async () => {
    t.route("/", async (event) => {
      const codes: unknown[] = [];
      for (const schema of [
        {},
        () => undefined,
        schemaOf(() => ({ value: "text" })),
        schemaOf(() => ({ value: [] })),
      ]) {
        const config = { password, name: `s${codes.length}`, schema } as SessionConfig;
        await updateSession(event, config, { a: 1 }).catch((error: { code: string }) => codes.push(error.code));
      }
      return codes;
    });
    expect((await t.request("/")).json()).toEqual(["ERR_CONFIG", "ERR_CONFIG", "ERR_SCHEMA", "ERR_SCHEMA"]);
  });

  it("what a schema throws is passed on, and nothing has changed", async () => {
    const schema = schemaOf((value) => {
      if ("a" in (value as object)) throw new Error("a bug");
      return { value };
    });
    t.route("/", async (event) => {
      const session = await useSession(event, { password, schema });
      await expect(session.update({ a: 1 })).rejects.toThrow("a bug");
      return session.data;
    });
    expect((await t.request("/")).json()).toEqual({});
  });
});
