import { clearSession, getSession, type SessionConfig, updateSession, useSession } from "ironkeep/h3";
import { z } from "zod";
import { describeMatrix } from "../h3/_matrix.ts";
import { schemaOf } from "../h3/_schemas.ts";
import { captureWarnings } from "../h3/_warnings.ts";
import { read, type Seen, setup, visitor } from "./_routes.ts";
import { MapStore } from "./_stores.ts";

const VISITS = z.object({ visits: z.number().default(0), theme: z.string().default("light") });
const NAME = z.object({ name: z.string() });

describeMatrix("a stored session with a schema", (t, { it, expect }) => {
  const withSchema = (more: Partial<SessionConfig> = {}) => {
    const app = setup(t);
    const config = { ...app.config, schema: VISITS, ...more };
    t.route("/checked", async (event) => {
      const { id, data } = await useSession(event, config);
      return { id, data };
    });
    t.route("/write", async (event) => (await updateSession(event, config, { theme: "dark" })).data);
    t.route("/wrong", async (event) => {
      const session = await useSession(event, config);
      const code: unknown = await updateSession(event, config, { visits: "many" } as object).catch(
        (error: { code: unknown }) => error.code,
      );
      return { code, data: session.data };
    });
    return app;
  };

  it("has what the schema makes of the data, and its defaults before anything is stored", async () => {
    const { store } = withSchema();
    expect((await t.request("/checked")).json()).toEqual({ data: { visits: 0, theme: "light" } });
    expect(store.calls).toEqual([]);
    const browser = await visitor(t);
    expect((await browser.request("/checked")).json()).toMatchObject({ data: { visits: 1, theme: "light" } });
    expect((await browser.request("/write")).json()).toEqual({ visits: 1, theme: "dark" });
  });

  it("refuses to write what the schema refuses, and then nothing has changed", async () => {
    withSchema();
    const browser = await visitor(t);
    const reply = await browser.request("/wrong");
    expect(reply.json()).toEqual({ code: "ERR_SCHEMA", data: { visits: 1, theme: "light" } });
    expect(reply.setCookies).toEqual([]);
    expect(await read(browser)).toEqual({ id: browser.id, data: { visits: 1 } });
    const fresh = await t.request("/wrong");
    expect([fresh.json<{ code: string }>().code, fresh.setCookies]).toEqual(["ERR_SCHEMA", []]);
  });

  it("is none when its data is refused, which sets no cookie", async () => {
    captureWarnings();
    withSchema({ schema: NAME });
    const browser = await visitor(t);
    const reply = await browser.request("/checked");
    expect([reply.json(), reply.setCookies]).toEqual([{ data: {} }, []]);
    expect(await read(browser)).toEqual({ id: browser.id, data: { visits: 1 } });
  });

  it('is an error then with onInvalid: "reject"', async () => {
    withSchema({ schema: NAME, onInvalid: "reject" });
    const browser = await visitor(t);
    const reply = await browser.request("/checked");
    expect([reply.status, reply.setCookies]).toEqual([500, []]);
  });

  for (const onInvalid of ["reject", "reset"] as const) {
    it(`is asked by its schema when a configuration without one opened it: ${onInvalid}`, async () => {
      captureWarnings();
      const { config } = setup(t);
      const strict = { ...config, schema: NAME, onInvalid };
      t.route("/both", async (event) => {
        await useSession(event, config);
        const { id, data } = await useSession(event, strict);
        return { id, data };
      });
      t.route("/defaults", async (event) => {
        await useSession(event, config);
        return (await getSession(event, { ...config, schema: VISITS })).data;
      });
      const browser = await visitor(t);
      const reply = await browser.request("/both");
      if (onInvalid === "reject") expect(reply.status).toBe(500);
      else expect(reply.json<Seen>()).toEqual({ data: {} });
      expect((await browser.request("/defaults")).json()).toEqual({ visits: 1, theme: "light" });
    });
  }

  it("has one store in a request", async () => {
    const { config } = setup(t);
    t.route("/two-stores", async (event) => {
      await useSession(event, config);
      const other = { ...config, store: new MapStore() };
      return { code: await getSession(event, other).catch((error: { code: unknown }) => error.code) };
    });
    expect((await t.request("/two-stores")).json()).toEqual({ code: "ERR_CONFIG" });
  });

  it("is sealed by no configuration without a store, which would outlive it, and cleared by none", async () => {
    const { config } = setup(t);
    const sealed = { ...config, store: undefined };
    const codeOf = (error: { code: unknown }): unknown => error.code;
    t.route("/sealed-last", async (event) => {
      await useSession(event, config);
      const updated = await updateSession(event, sealed, { late: true }).catch(codeOf);
      return [updated, await clearSession(event, sealed).catch(codeOf)];
    });
    t.route("/sealed-first", async (event) => {
      await getSession(event, sealed);
      return [await updateSession(event, config).catch(codeOf), await clearSession(event, config).catch(codeOf)];
    });
    t.route("/at-once", async (event) => {
      const both = [getSession(event, config), getSession(event, sealed)];
      return Promise.all(both.map((one) => one.then(() => "read", codeOf)));
    });
    const browser = await visitor(t);
    await browser.request("/sign-in");
    const answers = { "/sealed-last": "ERR_CONFIG", "/sealed-first": "ERR_CONFIG", "/at-once": "read" };
    for (const [path, first] of Object.entries(answers)) {
      const reply = await browser.request(path);
      expect([reply.json(), reply.setCookies]).toEqual([[first, "ERR_CONFIG"], []]);
    }
    expect(await read(browser)).toMatchObject({ userId: "ada", data: { visits: 1 } });
  });

  it("keeps what is written while a schema that comes later looks at the data", async () => {
    let look: () => void = () => undefined;
    let looks = 0;
    const looked = new Promise<void>((resolve) => (look = resolve));
    const schema = schemaOf(async (value) => {
      const { visits = 0 } = value as { visits?: number };
      if (++looks === 1) await looked;
      return { value: { visits, theme: "light" } };
    });
    const { config } = setup(t);
    t.route("/late", async (event) => {
      const session = await useSession(event, config);
      const checked = getSession(event, { ...config, schema });
      await new Promise(setImmediate);
      await session.update({ visits: 7 });
      look();
      return (await checked).data;
    });
    const browser = await visitor(t);
    expect((await browser.request("/late")).json()).toEqual({ visits: 7, theme: "light" });
    expect(looks).toBe(2);
    expect((await read(browser)).data).toMatchObject({ visits: 7 });
  });
});
