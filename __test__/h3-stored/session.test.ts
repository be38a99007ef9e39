import { clearSession, getSession, updateSession, useSession } from "ironkeep/h3";
import { createSessions } from "ironkeep/sessions";
import { describeMatrix } from "../h3/_matrix.ts";
import { setup, visitor } from "./_routes.ts";
import { PASSWORD } from "./_stores.ts";

describeMatrix("a stored session", (t, { it, expect }) => {
  it("is not begun by a visitor who is only looked at", async () => {
    const { store } = setup(t);
    const reply = await t.request("/read");
    expect(reply.cookieNames()).toEqual([]);
    expect(reply.json<{ data: object }>().data).toEqual({});
    expect(store.calls).toEqual([]);
  });

  it("has its data in the store, and a signed id in the cookie", async () => {
    const { store } = setup(t);
    const browser = t.browser();
    const first = await browser.request("/visit");
    const { value } = first.cookie("h3");
    const { id } = first.json<{ id: string }>();
    expect(value).toMatch(new RegExp(`^0\\.${id}\\.[\\w-]{22}$`));
    const second = await browser.request("/visit");
    expect(second.json<{ data: object }>().data).toEqual({ visits: 2 });
    expect(second.cookieNames()).toEqual([]);
    store.calls.length = 0;
    expect((await browser.request("/read")).json()).toMatchObject({ id, data: { visits: 2 } });
    expect(store.calls).toEqual(["load"]);
  });

  it("loses no update of parallel requests", async () => {
    setup(t);
    const browser = t.browser();
    await browser.request("/visit");
    await Promise.all(Array.from({ length: 8 }, () => browser.request("/visit")));
    expect((await browser.request("/read")).json()).toMatchObject({ data: { visits: 9 } });
  });

  it("gets a new id at sign-in, and the old one ends", async () => {
    setup(t);
    const browser = t.browser();
    await browser.request("/visit");
    const old = t.browser(browser.jar.clone());
    const signedIn = (await browser.request("/sign-in")).json<{ id: string }>();
    expect((await browser.request("/read")).json()).toMatchObject({
      id: signedIn.id,
      userId: "ada",
      data: { visits: 1 },
    });
    const late = await old.request("/read");
    expect(late.json<{ data: object }>().data).toEqual({});
    expect(late.cookieNames()).toEqual([]);
    const write = await old.request("/visit");
    expect(write.status).toBe(401);
    expect(write.cookieNames()).toEqual([]);
  });

  it("is over after a sign-out, for every copy of the cookie", async () => {
    setup(t);
    const browser = t.browser();
    await browser.request("/visit");
    const copy = t.browser(browser.jar.clone());
    await browser.request("/sign-out");
    expect(browser.jar.names).toEqual([]);
    expect((await copy.request("/read")).json<{ data: object }>().data).toEqual({});
  });

  it("that ends elsewhere leaves no data to the request whose write finds that out", async () => {
    const { store, config } = setup(t);
    t.route("/late", async (event) => {
      const session = await useSession(event, config);
      const before = { ...session.data };
      await createSessions({ store, password: PASSWORD }).delete(session.id ?? "");
      const code: unknown = await session.update({ late: true }).catch((error: { code: unknown }) => error.code);
      return { before, code, id: session.id ?? null, data: session.data };
    });
    const browser = await visitor(t);
    const reply = await browser.request("/late");
    expect(reply.json()).toEqual({ before: { visits: 1 }, code: "ERR_SESSION_NOT_FOUND", id: null, data: {} });
    expect(reply.setCookies).toEqual([]);
  });

  it("begins anew after a clear in the same request", async () => {
    const { config } = setup(t);
    t.route("/switch", async (event) => {
      await clearSession(event, config);
      await updateSession(event, config, { fresh: true });
      return (await getSession(event, config)).data;
    });
    const browser = t.browser();
    await browser.request("/visit");
    expect((await browser.request("/switch")).json()).toEqual({ fresh: true });
    expect((await browser.request("/read")).json()).toMatchObject({ data: { fresh: true } });
  });
});
