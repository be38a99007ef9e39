// A token that is made in the same request as the session is cleared: it is of the session that the request has by then.

import { clearSession, getSession, type SessionConfig, sealSession, unsealSession, updateSession } from "ironkeep/h3";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import { schemaOf } from "./_schemas.ts";
import { makeSeal } from "./_seals.ts";

/** An async schema, which gives a clear time to come between. */
const slow = schemaOf(async (value) => ({ value }));

describeMatrix("a token that is made while the session is cleared", (t, { it, expect }) => {
  const config: SessionConfig = { password: PASSWORD };
  const request = async () => {
    const seal = await makeSeal({ id: "s1", createdAt: Date.now(), data: { a: 1 } }, PASSWORD, { generation: t.major });
    return t.request("/", { headers: { cookie: `h3=${seal}` } });
  };

  for (const [title, more] of Object.entries({ "without a schema": {}, "with an async schema": { schema: slow } })) {
    for (const isRead of [false, true]) {
      it(`is of a session with an id, and not of the one that was cleared, ${title}${isRead ? ", read before" : ""}`, async () => {
        const own = { ...config, ...more };
        t.route("/", async (event) => {
          if (isRead) await getSession(event, own);
          const sealing = sealSession(event, own);
          await clearSession(event, own);
          const { id, data } = await unsealSession(event, own, await sealing);
          const now = await getSession(event, own);
          return { id, data, now: now.id };
        });
        const { id, data, now } = (await request()).json<{ id: string; data: object; now: string }>();
        expect([id, data]).toEqual([expect.stringMatching(/^(?!s1$)./), {}]);
        expect(now).toBe(id);
      });
    }
  }

  it("is of what is written after the clear", async () => {
    t.route("/", async (event) => {
      const sealing = sealSession(event, { ...config, schema: slow });
      await clearSession(event, config);
      await updateSession(event, config, { b: 2 });
      return unsealSession(event, config, await sealing);
    });
    expect((await request()).json()).toMatchObject({ data: { b: 2 } });
  });
});
