import { useSession } from "ironkeep/h3";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { PASSWORD } from "./_passwords.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (options: { type: "major" | "minor"; execution: "sync" }) => void;

const REQUESTS = 500;
/** Bytes that hang on each request, as headers, sockets and an app's own context do. */
const BALLAST = 40_000;

const ballast = () => Array.from({ length: BALLAST / 8 }, (_, index) => index + 0.5);

/** An event of h3 2 with what a request may carry. */
function eventOf(cookie: string) {
  const headers = Object.assign(new Headers({ cookie }), { ballast: ballast() });
  return { req: { headers }, res: { headers: new Headers(), errHeaders: new Headers() }, context: {} };
}

async function cookieOfOne(): Promise<string> {
  const event = eventOf("");
  await useSession(event, { password: PASSWORD });
  return event.res.headers.getSetCookie()[0]?.split(";")[0] ?? "";
}

describe("a request that is over", () => {
  it("is gone with the next collection of young objects", async () => {
    const cookie = await cookieOfOne();
    const visit = async () => {
      const session = await useSession(eventOf(cookie), { password: PASSWORD });
      return session.id;
    };
    await visit();
    collect({ type: "major", execution: "sync" });
    const before = process.memoryUsage().heapUsed;
    for (let request = 0; request < REQUESTS; request++) expect(await visit()).toMatch(/^[\da-f-]{36}$/);
    for (let round = 0; round < 2; round++) collect({ type: "minor", execution: "sync" });
    const left = process.memoryUsage().heapUsed - before;
    expect(left).toBeLessThan((REQUESTS * BALLAST) / 4);
  });
});
