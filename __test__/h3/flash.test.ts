import type { SessionConfig } from "ironkeep/h3";
import { flashSession, useSession } from "ironkeep/h3";
import type { Browser, MatrixContext } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Payload } from "./_seals.ts";
import { makeSeal, openSeal } from "./_seals.ts";

const config: SessionConfig = { password: PASSWORD };
const STORED = { id: "s1", createdAt: 1_700_000_000_000, data: { a: 1 } };

async function browserWith(t: MatrixContext, payload: object = STORED): Promise<Browser> {
  const browser = t.browser();
  browser.jar.set("h3", await makeSeal(payload, PASSWORD, { generation: t.major }));
  return browser;
}

async function payloadOf(browser: Browser): Promise<Payload> {
  return (await openSeal(browser.jar.value("h3"), PASSWORD)).payload;
}

describeMatrix("flash", (t, { it, expect }) => {
  it("keeps a value for the next request, which takes it out with one write", async () => {
    t.route("/set", async (event) =>
      (await useSession(event, config)).flash("notice", { text: "saved" }).then(() => 1),
    );
    t.route("/take", async (event) => {
      const { flash } = await useSession(event, config);
      return { first: await flash<{ text: string }>("notice"), second: (await flash("notice")) ?? null };
    });
    const browser = await browserWith(t);
    expect((await browser.request("/set")).cookieNames()).toEqual(["h3"]);
    expect(await payloadOf(browser)).toEqual({ ...STORED, flash: { notice: { text: "saved" } } });
    const taking = await browser.request("/take");
    expect(taking.json()).toEqual({ first: { text: "saved" }, second: null });
    expect(taking.cookieNames()).toEqual(["h3"]);
    expect(await payloadOf(browser)).toEqual(STORED);
    const again = await browser.request("/take");
    expect(again.json()).toEqual({ second: null });
    expect(again.setCookies).toEqual([]);
  });

  it("is no part of the data, and no update takes it away", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      await session.flash("notice", "hello");
      await session.replace({ b: 2 });
      await session.regenerate();
      return { data: session.data, notice: await session.flash("notice") };
    });
    const browser = await browserWith(t);
    expect((await browser.request("/")).json()).toEqual({ data: { b: 2 }, notice: "hello" });
  });

  it("keeps several keys apart, and the last value of each", async () => {
    t.route("/", async (event) => {
      await flashSession(event, config, "error", "one");
      await flashSession(event, config, "notice", 2);
      await flashSession(event, config, "error", null);
      return { error: await flashSession(event, config, "error"), left: event.context.sessions?.["h3"] };
    });
    const browser = await browserWith(t);
    expect((await browser.request("/")).json()).toEqual({ error: null, left: { ...STORED, flash: { notice: 2 } } });
  });

  it("gives a value once, to the first of two that ask at once", async () => {
    t.route("/", async (event) => {
      const session = await useSession(event, config);
      const values = await Promise.all([session.flash("notice"), session.flash("notice")]);
      return values.map((value) => value ?? null);
    });
    const browser = await browserWith(t, { ...STORED, flash: { notice: "hello" } });
    expect((await browser.request("/")).json()).toEqual(["hello", null]);
  });

  it("of a cookie that cannot be set nothing is kept, and nothing is taken", async () => {
    t.route("/", async (event) => {
      const tooSmall = { ...config, maxCookieBytes: 100 };
      const failed = { code: "ERR_COOKIE_TOO_LARGE" };
      await expect(flashSession(event, tooSmall, "kept")).rejects.toMatchObject(failed);
      await expect(flashSession(event, tooSmall, "kept", "other")).rejects.toMatchObject(failed);
      await expect(flashSession(event, tooSmall, "more", "text")).rejects.toMatchObject(failed);
      return event.context.sessions?.["h3"];
    });
    const payload = { ...STORED, flash: { kept: "hello" } };
    const reply = await (await browserWith(t, payload)).request("/");
    expect(reply.json()).toEqual(payload);
    expect(reply.setCookies).toEqual([]);
  });

  for (const flash of ["text", 5, ["list"], null]) {
    it(`a field of an app's own that is ${JSON.stringify(flash)} holds no values`, async () => {
      t.route("/", async (event) => {
        const session = await useSession(event, config);
        const before = (await session.flash("0")) ?? null;
        await session.flash("0", "mine");
        return [before, await session.flash("0")];
      });
      expect((await (await browserWith(t, { ...STORED, flash })).request("/")).json()).toEqual([null, "mine"]);
    });
  }

  it("names from Object.prototype are names like any other", async () => {
    t.route("/", async (event) => {
      const { flash } = await useSession(event, config);
      const told: unknown[] = [];
      for (const key of ["__proto__", "constructor", "toString"]) {
        told.push((await flash(key)) ?? null);
        await flash(key, { polluted: true });
        told.push(await flash(key));
      }
      return told;
    });
    const kept = { polluted: true };
    expect((await (await browserWith(t)).request("/")).json()).toEqual([null, kept, null, kept, null, kept]);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });
});
