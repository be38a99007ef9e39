import * as v1 from "h3-v1";
import * as v2 from "h3-v2";
import type { SessionConfig } from "ironkeep/h3";
import { useSession } from "ironkeep/h3";
import { describe, expect, it } from "vitest";
import type { Fetch } from "./_http.ts";
import { fetchInProcess } from "./_http.ts";
import { PASSWORD } from "./_passwords.ts";
import { openSeal } from "./_seals.ts";

const config = { password: PASSWORD };
const DATA = { cart: ["book"], user: { name: "Zoë" } };

/** Signs in, with a value for the next page: all the fields that h3 does not know. */
async function signIn(event: v1.H3Event | v2.H3Event, ours: SessionConfig): Promise<string> {
  const session = await useSession(event, ours);
  await session.update(DATA);
  await session.flash("notice", "welcome");
  await session.regenerate({ userId: "u1" });
  return session.id ?? "";
}

interface Told {
  id: string | undefined;
  data: unknown;
}

const told = (session: Told): Told => ({ id: session.id, data: session.data });

const V1: Fetch = v1.toWebHandler(
  v1
    .createApp()
    .use(
      "/sign-in",
      v1.eventHandler((event) => signIn(event, config)),
    )
    .use(
      "/read",
      v1.eventHandler(async (event) => told(await v1.useSession(event, config))),
    )
    .use(
      "/update",
      v1.eventHandler(async (event) => told(await v1.updateSession(event, config, { seen: true }))),
    ),
);
const V2: Fetch = new v2.H3()
  .get("/sign-in", (event) => signIn(event, config))
  .get("/read", async (event) => told(await v2.useSession(event, config)))
  .get("/update", async (event) => told(await v2.updateSession(event, config, { seen: true }))).fetch;

for (const [title, fetch] of [
  ["h3 1.15", V1],
  ["h3 2.0.8", V2],
] as const) {
  describe(`${title}'s own functions`, () => {
    it("open a session that was signed in here, and write it again with all that it had", async () => {
      const signedIn = await fetchInProcess(fetch, "/sign-in", {});
      const cookie = `h3=${signedIn.cookie("h3").value}`;
      const before = (await openSeal(signedIn.cookie("h3").value, PASSWORD)).payload;
      expect(before).toMatchObject({ userId: "u1", flash: { notice: "welcome" }, data: DATA });
      const reading = await fetchInProcess(fetch, "/read", { headers: { cookie } });
      expect(reading.json()).toEqual({ id: signedIn.text, data: DATA });
      const updating = await fetchInProcess(fetch, "/update", { headers: { cookie } });
      const after = (await openSeal(updating.cookie("h3").value, PASSWORD)).payload;
      expect(after).toEqual({ ...before, data: { ...DATA, seen: true } });
    });
  });
}
