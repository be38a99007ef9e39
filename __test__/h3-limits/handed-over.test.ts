import { useRateLimit } from "ironkeep/h3";
import { expect, it } from "vitest";
import { limiterAt } from "./_limits.ts";

/** What comes of the second request with a limit of one. */
async function outcomeOf(request: object): Promise<string> {
  const { limiter } = limiterAt({ address: "1/1h" });
  const event = () => ({
    node: { req: { method: "GET", url: "/api/__nuxt_error", headers: {}, ...request }, res: { setHeader() {} } },
    context: {},
  });
  await useRateLimit(event() as never, { limiter });
  return (await useRateLimit(event() as never, { limiter })).outcome;
}

it("a page of an error is counted where a platform hands over what visitors ask for, and not where they come over sockets", async () => {
  expect(await outcomeOf({ __unenv__: undefined })).toBe("limited");
  expect(await outcomeOf({ __unenv__: { event: {} } })).toBe("limited");
  expect(await outcomeOf({ socket: { remoteAddress: "192.0.2.7" } })).toBe("limited");
  expect(await outcomeOf({ __unenv__: undefined })).toBe("exempt");
});
