// Cookies that h3's own `useSession` seals, each by a real request to an app of that major.
import * as h3v1 from "h3-v1";
import * as h3v2 from "h3-v2";

const URL = "http://localhost/";

async function tokenOf(response) {
  const [cookie] = response.headers.getSetCookie();
  if (!response.ok || cookie === undefined) throw new Error("h3's own app set no cookie");
  return cookie.slice(cookie.indexOf("=") + 1, cookie.indexOf(";"));
}

/** A session's token by h3 1: one iteration of PBKDF2. */
export async function sealedByH3v1(data, password) {
  const app = h3v1.createApp().use(
    h3v1.eventHandler(async (event) => {
      const session = await h3v1.useSession(event, { password });
      await session.update(data);
      return "ok";
    }),
  );
  return tokenOf(await h3v1.toWebHandler(app)(new Request(URL)));
}

/** A session's token by h3 2: 8192 iterations of PBKDF2. */
export async function sealedByH3v2(data, password) {
  const app = new h3v2.H3().get("/", async (event) => {
    const session = await h3v2.useSession(event, { password });
    await session.update(data);
    return "ok";
  });
  return tokenOf(await app.request(URL));
}
