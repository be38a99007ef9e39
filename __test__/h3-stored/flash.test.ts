import { flashSession, useSession } from "ironkeep/h3";
import { describeMatrix } from "../h3/_matrix.ts";
import { read, setup, visitor } from "./_routes.ts";

describeMatrix("flash in a stored session", (t, { it, expect }) => {
  it("is read once, and is no part of the data", async () => {
    setup(t);
    const browser = await visitor(t);
    await browser.request("/flash");
    expect(await read(browser)).toEqual({ id: browser.id, data: { visits: 1 } });
    expect((await browser.request("/flashed")).json()).toEqual({ note: "saved" });
    expect((await browser.request("/flashed")).json()).toEqual({ note: null });
  });

  it("is had by one of many parallel requests", async () => {
    setup(t, { deadline: 10_000 });
    const browser = await visitor(t);
    await browser.request("/flash");
    const replies = await Promise.all(Array.from({ length: 8 }, () => browser.request("/flashed")));
    const notes = replies.map((reply) => reply.json<{ note: string | null }>().note);
    expect(notes.filter((note) => note !== null)).toEqual(["saved"]);
  });

  it("is had by one of two reads in one request", async () => {
    const { config } = setup(t);
    t.route("/twice", async (event) => {
      const take = () => flashSession(event, config, "note");
      const [first = null, second = null] = await Promise.all([take(), take()]);
      return [first, second];
    });
    const browser = await visitor(t);
    await browser.request("/flash");
    expect((await browser.request("/twice")).json()).toEqual(["saved", null]);
  });

  it("begins a session when it is written, and none when it is read", async () => {
    const { store } = setup(t);
    const looked = await t.request("/flashed");
    expect([looked.json(), looked.setCookies, store.calls]).toEqual([{ note: null }, [], []]);
    const browser = t.browser();
    expect((await browser.request("/flash")).cookieNames()).toEqual(["h3"]);
    expect((await browser.request("/flashed")).json()).toEqual({ note: "saved" });
  });

  it("goes along with a sign-in, and not with the sign-in of another user", async () => {
    const { config } = setup(t);
    t.route("/as-eve", async (event) => {
      const session = await useSession(event, config);
      await session.regenerate({ userId: "eve" });
      return "done";
    });
    const browser = await visitor(t);
    await browser.request("/flash");
    await browser.request("/sign-in");
    expect((await browser.request("/flashed")).json()).toEqual({ note: "saved" });
    await browser.request("/flash");
    await browser.request("/as-eve");
    expect((await browser.request("/flashed")).json()).toEqual({ note: null });
  });
});
