import type { SessionConfig } from "ironkeep/h3";
import { unsealSession, useSession } from "ironkeep/h3";
import { describeMatrix } from "./_matrix.ts";
import { OTHER_PASSWORD, PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { sessionRoutes } from "./_routes.ts";
import type { Generation } from "./_seals.ts";
import { makeSeal, openSeal } from "./_seals.ts";
import { randomText } from "./_text.ts";

const password = PASSWORD;
const PAYLOAD = { id: "old", createdAt: 1_700_000_000_000, data: { user: "ada" } };

async function cookieOf(generation: Generation, secret = PASSWORD): Promise<{ cookie: string }> {
  return { cookie: `h3=${await makeSeal(PAYLOAD, secret, { generation })}` };
}

describeMatrix("cookies of the older generation", (t, { it, expect }) => {
  const writesTwo: SessionConfig = { password, generation: 2 };

  it("v1 events write generation 1, v2 events generation 2", async () => {
    sessionRoutes(t, { password });
    const reply = await t.request("/use");
    const { generation } = await openSeal(reply.cookie("h3").value, PASSWORD);
    expect(generation).toBe(t.major);
  });

  for (const generation of [1, 2] as const) {
    it(`generation: ${generation} writes it on both majors`, async () => {
      sessionRoutes(t, { password, generation });
      const opened = await openSeal((await t.request("/use")).cookie("h3").value, PASSWORD);
      expect(opened.generation).toBe(generation);
    });

    it(`a cookie of generation ${generation} is accepted by default`, async () => {
      sessionRoutes(t, { password });
      const reply = await t.request("/use", { headers: await cookieOf(generation) });
      expect(reply.json<Seen>()).toEqual({ id: "old", data: { user: "ada" } });
    });
  }

  for (const path of ["/use", "/get"]) {
    it(`${path}: one of generation 1 is sealed again as 2, and nothing else changes`, async () => {
      sessionRoutes(t, writesTwo);
      const reply = await t.request(path, { headers: await cookieOf(1) });
      expect(reply.json<Seen>()).toEqual({ id: "old", data: { user: "ada" } });
      const opened = await openSeal(reply.cookie("h3").value, PASSWORD);
      expect(opened.generation).toBe(2);
      expect(opened.payload).toEqual(PAYLOAD);
    });
  }

  it("sealed again once, it is left alone", async () => {
    sessionRoutes(t, writesTwo);
    const browser = t.browser();
    await browser.request("/use", { headers: await cookieOf(1) });
    const second = await browser.request("/use");
    expect(second.json<Seen>().id).toBe("old");
    expect(second.setCookies).toEqual([]);
  });

  it("a chunked one is sealed again too", async () => {
    sessionRoutes(t, writesTwo);
    const payload = { ...PAYLOAD, data: { text: randomText(5000) } };
    const sealed = await makeSeal(payload, PASSWORD, { generation: 1 });
    const browser = t.browser();
    browser.jar.set("h3", "__chunked__2");
    browser.jar.set("h3.1", sealed.slice(0, 4000));
    browser.jar.set("h3.2", sealed.slice(4000));
    const reply = await browser.request("/use");
    expect(reply.json<Seen>().data).toEqual(payload.data);
    expect(reply.cookie("h3").value).toBe("__chunked__2");
    const resealed = reply.cookie("h3.1").value + reply.cookie("h3.2").value;
    expect((await openSeal(resealed, PASSWORD)).generation).toBe(2);
  });

  it("where generation 1 is written, a read of it writes nothing", async () => {
    sessionRoutes(t, { password, generation: 1 });
    const reply = await t.request("/use", { headers: await cookieOf(1) });
    expect(reply.json<Seen>().id).toBe("old");
    expect(reply.setCookies).toEqual([]);
  });

  it("legacySealFallback: false refuses it where generation 2 is written", async () => {
    sessionRoutes(t, { ...writesTwo, legacySealFallback: false });
    const reply = await t.request("/use", { headers: await cookieOf(1) });
    expect(reply.json<Seen>().id).not.toBe("old");
    expect(reply.json<Seen>().data).toEqual({});
    const kept = await t.request("/use", { headers: await cookieOf(2) });
    expect(kept.json<Seen>().id).toBe("old");
  });

  it("legacySealFallback: false keeps reading it where it is what is written", async () => {
    sessionRoutes(t, { password, generation: 1, legacySealFallback: false });
    const reply = await t.request("/use", { headers: await cookieOf(1) });
    expect(reply.json<Seen>().id).toBe("old");
  });

  it("another password is refused in both generations", async () => {
    sessionRoutes(t, { password });
    for (const generation of [1, 2] as const) {
      const headers = await cookieOf(generation, OTHER_PASSWORD);
      const reply = await t.request("/use", { headers });
      expect(reply.json<Seen>().data, `generation ${generation}`).toEqual({});
    }
  });

  it("unsealSession follows the same rules, with h3's text", async () => {
    t.route("/", async (event) => {
      const sealed = await makeSeal(PAYLOAD, PASSWORD, { generation: 1 });
      const strict: SessionConfig = { ...writesTwo, legacySealFallback: false };
      const refused = unsealSession(event, strict, sealed);
      return {
        accepted: await unsealSession(event, writesTwo, sealed),
        refused: await refused.then(String, (error: Error & { code?: string }) => [error.message, error.code]),
      };
    });
    expect((await t.request("/")).json()).toEqual({
      accepted: PAYLOAD,
      refused: ["Bad hmac value", "ERR_SEAL_INVALID"],
    });
  });

  it("salts: the epoch pair of a name and day is shared, fresh ones are not", async () => {
    sessionRoutes(t, { password, generation: 2 });
    const saltsOf = async (path: string): Promise<unknown[]> => {
      const parts = (await t.request(path)).cookie("h3").value.split("*");
      return [parts[2], parts[6]];
    };
    expect(await saltsOf("/use")).toEqual(await saltsOf("/use"));
    t.route("/fresh", async (event) => {
      return { id: (await useSession(event, { password, generation: 2, salts: "fresh" })).id };
    });
    const [one, two] = [await saltsOf("/fresh"), await saltsOf("/fresh")];
    expect(one[0]).not.toBe(two[0]);
    expect(one[1]).not.toBe(two[1]);
    expect(one[0]).toMatch(/^[0-9a-f]{64}$/);
  });
});
