import type { SessionConfig } from "ironkeep/h3";
import { getSession, unsealSession, updateSession, useSession } from "ironkeep/h3";
import * as v from "valibot";
import { z } from "zod";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import { schemaOf } from "./_schemas.ts";
import { makeSeal } from "./_seals.ts";

const EVIL = '{"isAdmin":true}';
const TOKEN: unknown = JSON.parse(
  `{"id":"s1","createdAt":1,"__proto__":${EVIL},"constructor":{"prototype":${EVIL}},` +
    `"data":{"name":"Ada","__proto__":${EVIL},"constructor":{"prototype":${EVIL}},"deep":{"__proto__":${EVIL}}}}`,
);

/** Schemas that let unknown keys through, and one that gives its output a prototype. */
const CONFIGS: Readonly<Record<string, SessionConfig>> = {
  "no schema": { password: PASSWORD },
  "zod, loose": {
    password: PASSWORD,
    schema: z.looseObject({ name: z.string().optional(), deep: z.any().optional() }),
  },
  "zod, record": { password: PASSWORD, schema: z.record(z.string(), z.unknown()) },
  "valibot, loose": { password: PASSWORD, schema: v.looseObject({ name: v.optional(v.string()) }) },
  "a schema with a prototype": {
    password: PASSWORD,
    schema: schemaOf((value) => ({
      value: Object.assign(Object.create({ isAdmin: true }) as object, { ...(value as object) }),
    })),
  },
};

const isAdmin = (value: unknown): boolean => Reflect.get(Object(value) as object, "isAdmin") === true;

describeMatrix("keys like __proto__ reach no prototype", (t, { it, expect }) => {
  for (const [title, config] of Object.entries(CONFIGS)) {
    it(`out of a token, with ${title}`, async () => {
      t.route("/", async (event) => {
        const session = await getSession(event, config);
        const objects = [session, session.data, session.data["deep"], event.context.sessions, {}];
        return { admins: objects.map(isAdmin), name: session.data["name"] as unknown };
      });
      const cookie = `h3=${await makeSeal(TOKEN, PASSWORD, { generation: t.major })}`;
      const reply = await t.request("/", { headers: { cookie } });
      expect(reply.json()).toEqual({ admins: [false, false, false, false, false], name: "Ada" });
    });

    it(`by unsealSession, with ${title}`, async () => {
      const opened = await unsealSession(null, config, await makeSeal(TOKEN, PASSWORD));
      expect([opened, opened.data, opened.data?.["deep"]].map(isAdmin)).toEqual([false, false, false]);
      expect(opened.data?.["name"]).toBe("Ada");
    });

    it(`by an update, a replacement or a function, with ${title}`, async () => {
      const body = (): Record<string, unknown> =>
        JSON.parse(`{"name":"Ada","__proto__":${EVIL},"constructor":{"prototype":${EVIL}}}`) as Record<string, unknown>;
      t.route("/", async (event) => {
        const session = await useSession<Record<string, unknown>>(event, config);
        const admins: boolean[] = [];
        const look = (): void => void admins.push(isAdmin(session.data), isAdmin(session), isAdmin({}));
        await session.update(body());
        look();
        await session.update(() => body());
        look();
        await session.update((old) => void Object.assign(old, body()));
        look();
        await session.replace(body());
        look();
        await updateSession(event, config, { ["__proto__"]: { isAdmin: true } });
        look();
        return { admins: admins.filter(Boolean), name: session.data["name"] };
      });
      expect((await t.request("/")).json()).toEqual({ admins: [], name: "Ada" });
      expect(isAdmin({})).toBe(false);
    });
  }

  it("and no key is there that nobody wrote: not in the data, and not for a schema", async () => {
    const keys: unknown[] = [];
    const schema = schemaOf((value) => {
      keys.push(["toString", "constructor", "__proto__"].filter((key) => key in (value as object)));
      return { value };
    });
    const config = { password: PASSWORD, schema };
    t.route("/", async (event) => {
      const { data } = await updateSession(event, config, { a: 1 });
      return ["toString", "constructor", "__proto__"].filter((key) => key in data);
    });
    const cookie = `h3=${await makeSeal({ id: "s1", createdAt: 1, data: { b: 2 } }, PASSWORD)}`;
    expect((await t.request("/", { headers: { cookie } })).json()).toEqual([]);
    expect(keys).toEqual([[], []]);
  });
});
