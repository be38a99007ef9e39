import type { SessionConfig } from "ironkeep/h3";
import { unsealSession, updateSession } from "ironkeep/h3";
import type { MatrixContext } from "./_matrix.ts";
import { describeMatrix } from "./_matrix.ts";
import { OLD_PASSWORD, OTHER_PASSWORD, PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { sessionRoutes } from "./_routes.ts";
import type { MakeSeal } from "./_seals.ts";
import { isSealedBy, makeSeal, openSeal } from "./_seals.ts";

type PasswordOption = NonNullable<SessionConfig["password"]>;

const BYTES = Uint8Array.from({ length: 32 }, (_, i) => (i * 151 + 89) % 256);
const STORED = { id: "s1", createdAt: 1_700_000_000_000, data: { user: "ada" } };

async function cookieOf(t: MatrixContext, password: string, make: MakeSeal = {}): Promise<{ cookie: string }> {
  return { cookie: `h3=${await makeSeal(STORED, password, { generation: t.major, ...make })}` };
}

/** The id of the session that a cookie opens under the config of the routes. */
async function opened(t: MatrixContext, headers: { cookie: string }): Promise<string | undefined> {
  const { id } = (await t.request("/get", { headers })).json<Seen>();
  return id === STORED.id ? id : undefined;
}

describeMatrix("password forms", (t, { it, expect }) => {
  /** Sets a session and reads it back; gives the seal. */
  async function roundTrip(password: PasswordOption): Promise<string> {
    const routes = sessionRoutes(t, { password });
    routes.update = { a: 1 };
    const browser = t.browser();
    const set = await browser.request("/set");
    expect(set.status).toBe(200);
    const read = await browser.request("/get");
    expect(read.json<Seen>()).toEqual(set.json<Seen>());
    expect(read.setCookies).toEqual([]);
    return set.cookie("h3").value;
  }

  it("text: seals with it, no id; opens any token under it, whatever its id", async () => {
    const sealed = await roundTrip(PASSWORD);
    expect((await openSeal(sealed, PASSWORD)).passwordId).toBe("");
    expect(await opened(t, await cookieOf(t, PASSWORD))).toBe("s1");
    expect(await opened(t, await cookieOf(t, PASSWORD, { passwordId: "k9" }))).toBe("s1");
    expect(await opened(t, await cookieOf(t, OTHER_PASSWORD))).toBeUndefined();
  });

  it("bytes: seals with them, no id and no salts", async () => {
    const sealed = await roundTrip(BYTES);
    const parts = sealed.split("*");
    expect([parts[1], parts[2], parts[6]]).toEqual(["", "", ""]);
    expect(await isSealedBy(sealed, BYTES)).toBe(true);
  });

  it("[current, previous]: seals with current, no id; opens both", async () => {
    const sealed = await roundTrip([PASSWORD, OLD_PASSWORD]);
    const { passwordId } = await openSeal(sealed, PASSWORD);
    expect(passwordId).toBe("");
    expect(await opened(t, await cookieOf(t, OLD_PASSWORD))).toBe("s1");
    expect(await opened(t, await cookieOf(t, OTHER_PASSWORD))).toBeUndefined();
  });

  it("[current, previous]: a session under previous is sealed again under current", async () => {
    sessionRoutes(t, { password: [PASSWORD, OLD_PASSWORD] });
    const reply = await t.request("/get", { headers: await cookieOf(t, OLD_PASSWORD) });
    expect(reply.json<Seen>()).toEqual({ id: "s1", data: { user: "ada" } });
    const { payload } = await openSeal(reply.cookie("h3").value, PASSWORD);
    expect(payload).toEqual(STORED);
  });

  it("[current, previous] of mixed forms: text and bytes", async () => {
    await roundTrip([BYTES, OLD_PASSWORD]);
    expect(await opened(t, await cookieOf(t, OLD_PASSWORD))).toBe("s1");
  });

  it("{ id, secret }: seals with it and its id", async () => {
    const sealed = await roundTrip({ id: "k1", secret: PASSWORD, k1: PASSWORD });
    expect((await openSeal(sealed, PASSWORD)).passwordId).toBe("k1");
    expect(await opened(t, await cookieOf(t, PASSWORD, { passwordId: "k2" }))).toBeUndefined();
  });

  it("{ id, secret }: a token without an id is opened by `default`", async () => {
    const password = { id: "k1", secret: PASSWORD, default: OLD_PASSWORD };
    sessionRoutes(t, { password });
    expect(await opened(t, await cookieOf(t, OLD_PASSWORD))).toBe("s1");
    expect(await opened(t, await cookieOf(t, PASSWORD))).toBeUndefined();
  });

  it("{ id, encryption, integrity }: two secrets, as iron", async () => {
    const halves = { encryption: PASSWORD, integrity: OTHER_PASSWORD };
    const sealed = await roundTrip({ id: "k1", ...halves, k1: halves });
    expect(sealed.split("*")[1]).toBe("k1");
    expect(await isSealedBy(sealed, PASSWORD)).toBe(false);
    expect(await isSealedBy(sealed, OTHER_PASSWORD)).toBe(false);
  });

  it("a map of integers: seals with the highest, its id; opens by id", async () => {
    const sealed = await roundTrip({ 2: OLD_PASSWORD, 10: PASSWORD });
    expect((await openSeal(sealed, PASSWORD)).passwordId).toBe("10");
    expect(await opened(t, await cookieOf(t, OLD_PASSWORD, { passwordId: "2" }))).toBe("s1");
    expect(await opened(t, await cookieOf(t, OLD_PASSWORD, { passwordId: "10" }))).toBeUndefined();
    expect(await opened(t, await cookieOf(t, PASSWORD, { passwordId: "3" }))).toBeUndefined();
  });

  it("a map of integers: a token without an id is that of 1", async () => {
    sessionRoutes(t, { password: { 1: OLD_PASSWORD, 2: PASSWORD } });
    expect(await opened(t, await cookieOf(t, OLD_PASSWORD))).toBe("s1");
    expect(await opened(t, await cookieOf(t, PASSWORD))).toBeUndefined();
  });

  it("a map of integers: a session under an older key is sealed again under the highest", async () => {
    sessionRoutes(t, { password: { 1: OLD_PASSWORD, 2: PASSWORD } });
    const headers = await cookieOf(t, OLD_PASSWORD, { passwordId: "1" });
    const reply = await t.request("/get", { headers });
    expect(reply.json<Seen>().id).toBe("s1");
    const resealed = await openSeal(reply.cookie("h3").value, PASSWORD);
    expect(resealed.passwordId).toBe("2");
    expect(resealed.payload).toEqual(STORED);
  });
});

describeMatrix("password forms that are refused", (t, { it, expect }) => {
  async function refusal(password: unknown): Promise<{ message: string; code: string }> {
    t.route("/refused", async (event) => {
      try {
        await updateSession(event, { password: password as PasswordOption }, { a: 1 });
        return {};
      } catch (error) {
        const { message, code } = error as Error & { code?: string };
        return { message, code };
      }
    });
    return (await t.request("/refused")).json();
  }

  const maps: Record<string, unknown> = {
    "named keys": { a: PASSWORD, b: OTHER_PASSWORD },
    "default and an integer": { default: PASSWORD, 2: OTHER_PASSWORD },
    "an integer and a name": { 1: PASSWORD, old: OTHER_PASSWORD },
    nothing: {},
  };
  for (const [title, map] of Object.entries(maps)) {
    it(`a map of ${title}: the error names createKeyring`, async () => {
      const { message, code } = await refusal(map);
      expect(message).toContain("createKeyring");
      expect(code).toBe("ERR_CONFIG");
      expect(message).not.toContain(PASSWORD);
    });
  }

  it("more than two in a list", async () => {
    const { message, code } = await refusal([PASSWORD, OLD_PASSWORD, OTHER_PASSWORD]);
    expect(code).toBe("ERR_CONFIG");
    expect(message).not.toContain(PASSWORD);
  });

  it("an empty list", async () => {
    expect((await refusal([])).code).toBe("ERR_CONFIG");
  });

  it("a password id that is no word is refused with iron's text", async () => {
    expect((await refusal({ id: "a-b", secret: PASSWORD })).message).toBe("Invalid password id");
  });

  it("a token whose id is unknown: iron's text, and only own properties are looked up", async () => {
    const password = { id: "k1", secret: PASSWORD, k1: PASSWORD };
    const messages: string[] = [];
    for (const passwordId of ["k2", "toString", "constructor", "hasOwnProperty"]) {
      const sealed = await makeSeal(STORED, PASSWORD, { generation: t.major, passwordId });
      const opening = unsealSession(null, { password }, sealed);
      messages.push(await opening.then(String, (error: Error) => error.message));
    }
    expect(messages).toEqual([
      "Cannot find password: k2",
      "Cannot find password: toString",
      "Cannot find password: constructor",
      "Cannot find password: hasOwnProperty",
    ]);
  });
});
