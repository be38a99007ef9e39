import { seal, unseal, unsealSync, defaults } from "ironkeep/iron";
import { useSession } from "ironkeep/h3";
import { H3 } from "h3-v2";
import { describe, expect, it } from "vitest";

const ID = "d41d8cd98f00b204e9800998ecf8427e";
const SECRET = "Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU";

describe("the id of a password is public, so it never opens anything", () => {
  const forgery = () =>
    seal({ id: "x", createdAt: Date.now(), data: { admin: true } }, { id: "id", secret: ID }, defaults);

  it.each([
    ["{ id, secret }", { id: ID, secret: SECRET }],
    ["{ id, encryption, integrity }", { id: ID, encryption: SECRET, integrity: SECRET }],
  ])("unseal with %s", async (_form, password) => {
    const token = await forgery();
    const map = { ...password, [ID]: SECRET };
    await expect(unseal(token, map, defaults)).rejects.toMatchObject({ code: "ERR_KEY_UNKNOWN" });
    expect(() => unsealSync(token, map, defaults)).toThrow("Cannot find password: id");
    const own = await seal({ a: 1 }, password, defaults);
    expect(await unseal(own, map, defaults)).toEqual({ a: 1 });
  });

  it("useSession with { id, secret }", async () => {
    const config = { password: { id: ID, secret: SECRET, [ID]: SECRET } };
    const app = new H3().get("/", async (event) => {
      const session = await useSession(event, config);
      await session.update({ seen: true });
      return session.data;
    });
    const forged = await app.request("/", { headers: { cookie: `h3=${await forgery()}` } });
    expect(await forged.json()).toEqual({ seen: true });
    const [cookie = ""] = forged.headers.getSetCookie();
    const again = await app.request("/", { headers: { cookie: cookie.split(";")[0] ?? "" } });
    expect(again.headers.getSetCookie()).toHaveLength(1);
    expect(await again.json()).toEqual({ seen: true });
  });

  it("a map of passwords may have a key that is called id", async () => {
    const token = await seal({ a: 1 }, { id: "id", secret: SECRET }, defaults);
    expect(await unseal(token, { id: SECRET, other: "another password of 32 characters" }, defaults)).toEqual({ a: 1 });
  });
});
