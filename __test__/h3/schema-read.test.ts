import type { SessionConfig } from "ironkeep/h3";
import { createRevocations, destroySession, getSession, unsealSession, useSession } from "ironkeep/h3";
import { isDeletion } from "./_cookies.ts";
import type { Browser, MatrixContext } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { seen, sessionRoutes } from "./_routes.ts";
import { SCHEMAS, schemaOf } from "./_schemas.ts";
import { makeSeal } from "./_seals.ts";
import { captureWarnings } from "./_warnings.ts";

const password = PASSWORD;
const STORED = { id: "s1", createdAt: 1_700_000_000_000, data: { name: "Ada", visits: 3 } };
const OUTDATED = { ...STORED, data: { title: "Dr" } };

async function browserWith(t: MatrixContext, payload: object = STORED): Promise<Browser> {
  const browser = t.browser();
  browser.jar.set("h3", await makeSeal(payload, PASSWORD, { generation: t.major }));
  return browser;
}

for (const [library, schema] of Object.entries(SCHEMAS)) {
  describeMatrix(`a read under a schema of ${library}`, (t, { it, expect }) => {
    it("gives the schema's output, and writes nothing", async () => {
      sessionRoutes(t, { password, schema });
      const browser = await browserWith(t, { ...STORED, data: { name: " Ada ", extra: true } });
      const reply = await browser.request("/use");
      expect(reply.json<Seen>()).toEqual({ id: "s1", data: { name: "Ada", visits: 0 } });
      expect(reply.setCookies).toEqual([]);
    });

    it("an anonymous visitor's session is empty, and stays the same", async () => {
      const warnings = captureWarnings();
      for (const onInvalid of ["reset", "reject"] as const) {
        const name = `empty-${onInvalid}`;
        const config: SessionConfig = { password, schema, onInvalid, name };
        t.route(`/${name}`, async (event) => seen(await useSession(event, config)));
        const browser = t.browser();
        const first = await browser.request(`/${name}`);
        expect(first.json<Seen>().data).toEqual({});
        expect((await browser.request(`/${name}`)).json<Seen>()).toEqual(first.json<Seen>());
      }
      expect(warnings).toEqual([]);
    });

    it("of data that it refuses is a new session, with one warning", async () => {
      const warnings = captureWarnings();
      const name = `reset-${library}-${t.major}-${t.target}`.replaceAll(/\W+/g, "-");
      t.route("/", async (event) => seen(await useSession(event, { password, schema, name })));
      const browser = t.browser();
      for (let i = 0; i < 2; i += 1) {
        browser.jar.set(name, await makeSeal(OUTDATED, PASSWORD, { generation: t.major }));
        const reply = await browser.request("/");
        expect(reply.json<Seen>().data).toEqual({});
        expect(reply.json<Seen>().id).not.toBe("s1");
        expect(reply.cookieNames()).toEqual([name]);
      }
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain(name);
      expect(warnings[0]).not.toContain("title");
    });

    it("of data that it refuses is ERR_SCHEMA with onInvalid: reject, and the cookie stays", async () => {
      sessionRoutes(t, { password, schema, onInvalid: "reject" });
      const browser = await browserWith(t, OUTDATED);
      for (const path of ["/use", "/get", "/set"]) {
        const reply = await browser.request(path);
        expect(reply.status).toBe(500);
        expect(reply.setCookies).toEqual([]);
        expect(t.errors.at(-1)).toMatchObject(t.major === 1 ? { cause: { code: "ERR_SCHEMA" } } : {});
      }
      expect(isDeletion((await browser.request("/clear")).cookie("h3"))).toBe(true);
    });

    it("by unsealSession: the output, or ERR_SCHEMA", async () => {
      const token = await makeSeal({ ...STORED, data: { name: " Ada" } }, PASSWORD);
      expect(await unsealSession(null, { password, schema }, token)).toEqual({
        ...STORED,
        data: { name: "Ada", visits: 0 },
      });
      const outdated = await makeSeal(OUTDATED, PASSWORD);
      await expect(unsealSession(null, { password, schema }, outdated)).rejects.toMatchObject({ code: "ERR_SCHEMA" });
    });
  });
}

describeMatrix("a read under any schema", (t, { it, expect }) => {
  const DEFAULTS = {
    "at once": schemaOf((value) => ({ value: { theme: "light", ...(value as object) } })),
    later: schemaOf(async (value) => ({ value: { theme: "light", ...(value as object) } })),
  };
  for (const [title, schema] of Object.entries(DEFAULTS)) {
    it(`gives a new session the defaults, ${title}`, async () => {
      sessionRoutes(t, { password, schema });
      const browser = t.browser();
      const first = (await browser.request("/get")).json<Seen>();
      expect(first.data).toEqual({ theme: "light" });
      const used = await browser.request("/use");
      expect(used.json<Seen>().data).toEqual({ theme: "light" });
      expect((await browser.request("/use")).json<Seen>()).toEqual(used.json<Seen>());
    });
  }

  it("parallel calls wait for an async schema, and get one session", async () => {
    const schema = DEFAULTS.later;
    t.route("/", async (event) => {
      const sessions = await Promise.all([1, 2, 3].map(() => getSession(event, { password, schema })));
      return [new Set(sessions).size, sessions.map(({ data }) => data)];
    });
    const expected = [1, Array.from({ length: 3 }, () => ({ theme: "light" }))];
    expect((await t.request("/")).json()).toEqual(expected);
  });

  it("in the header, refused data gives way to the cookie", async () => {
    captureWarnings();
    sessionRoutes(t, { password, schema: SCHEMAS.zod });
    const token = await makeSeal({ ...OUTDATED, id: "s2" }, PASSWORD, { generation: t.major });
    const reply = await (await browserWith(t)).request("/use", { headers: { "x-h3-session": token } });
    expect(reply.json<Seen>()).toEqual({ id: "s1", data: STORED.data });
  });

  for (const data of ["text", 5, ["list"]]) {
    it(`data that is ${JSON.stringify(data)} is judged as it is`, async () => {
      captureWarnings();
      sessionRoutes(t, { password, schema: SCHEMAS.valibot });
      const reply = await (await browserWith(t, { ...STORED, data })).request("/use");
      expect(reply.json<Seen>().data).toEqual({});
      expect(reply.json<Seen>().id).not.toBe("s1");
    });
  }

  for (const [title, validate] of [
    ["throws", () => Promise.reject(new Error("no database"))],
    [
      "rejects",
      () => {
        throw new Error("no database");
      },
    ],
  ] as const) {
    it(`a schema that ${title} signs nobody out, and is an error`, async () => {
      sessionRoutes(t, { password, schema: schemaOf(validate) });
      const reply = await (await browserWith(t)).request("/use");
      expect(reply.status).toBe(500);
      expect(reply.setCookies).toEqual([]);
    });
  }

  it("a value of onInvalid that does not exist is ERR_CONFIG", async () => {
    const config = { password, schema: SCHEMAS.zod, onInvalid: "throw" } as unknown as SessionConfig;
    t.route("/", async (event) => {
      await expect(getSession(event, config)).rejects.toMatchObject({ code: "ERR_CONFIG" });
      return "ok";
    });
    expect((await (await browserWith(t, OUTDATED)).request("/")).text).toBe("ok");
  });

  it("destroy ends a session whose data is refused, and its copies", async () => {
    const revocation = createRevocations();
    const config: SessionConfig = { password, schema: SCHEMAS.zod, onInvalid: "reject", revocation };
    t.route("/", async (event) => destroySession(event, config).then(() => "ok"));
    const reply = await (await browserWith(t, OUTDATED)).request("/");
    expect(reply.text).toBe("ok");
    expect(isDeletion(reply.cookie("h3"))).toBe(true);
    expect(revocation.isRevoked("s1")).toBe(true);
  });

  it("data of a revoked session is not judged", async () => {
    let judged = 0;
    const schema = schemaOf((value) => ((judged += Object.keys(value as object).length), { value }));
    sessionRoutes(t, { password, schema, revocation: { notBefore: () => undefined, isRevoked: () => true } });
    await (await browserWith(t)).request("/get");
    expect(judged).toBe(0);
  });
});
