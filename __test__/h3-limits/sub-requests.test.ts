import { clientAddress, defineSessionRateLimit, useRateLimit, useSession } from "ironkeep/h3";
import { describe, expect, it } from "vitest";
import { PASSWORD } from "../h3/_passwords.ts";
import { type App, type AppEvent, appOfV1, appOfV2 } from "../nitro/_apps.ts";
import { limiterAt, PROXY } from "./_limits.ts";

type Event = Parameters<typeof useSession>[0] & AppEvent;

const session = { password: PASSWORD, name: "app" };

describe.each([
  ["h3 v1", appOfV1],
  ["h3 v2", appOfV2],
])("what an app on %s asks itself on behalf of a visitor", (_, make) => {
  it("has the visitor's address, whatever its own headers say", async () => {
    const app: App = await make({
      "/inner": (event: Event) => ({ address: clientAddress(event, PROXY) }),
      "/outer": async (event: Event) => (await app.sub("/inner", event.context, { "x-forwarded-for": "6.6.6.6" })).body,
    });
    const reply = await app.request("/outer", { headers: { "x-forwarded-for": "192.0.2.7" } });
    expect(reply.json()).toEqual({ address: "192.0.2.7" });
  });

  it("with a session that began with the request is still nobody's", async () => {
    const { limiter } = limiterAt({ user: "2/1h" });
    const limited = defineSessionRateLimit({ session, limiter: limiterAt({ session: "9/1h" }).limiter });
    const app: App = await make({
      "/inner": async (event: Event) => {
        const { allowed } = await useRateLimit(event, { limiter, by: "session", session, address: PROXY });
        const check = await limited.check(event as never);
        return { allowed, code: check.allowed ? "admitted" : check.code };
      },
      "/outer": async (event: Event) => {
        await (await useSession(event, session)).update({ seen: true });
        return (await app.sub("/inner", event.context, {})).body;
      },
    });
    const answers = [];
    for (let n = 0; n < 3; n++) {
      answers.push((await app.request("/outer", { headers: { "x-forwarded-for": "192.0.2.7" } })).json());
    }
    expect(answers.map((one) => Reflect.get(Object(one), "allowed"))).toEqual([true, true, false]);
    expect(answers[0]).toMatchObject({ code: "MISSING_SESSION" });
  });
});

describe("the page of an error, which Nuxt asks its own server for", () => {
  const path = "/__nuxt_error?statusCode=404";
  const outcomeOf = async (url: string, request: object): Promise<string> => {
    const { limiter } = limiterAt({ address: "1/1h" });
    const event = {
      node: { req: { method: "GET", url, headers: {}, ...request }, res: { setHeader() {} } },
      context: {},
    };
    await useRateLimit(event as never, { limiter });
    return (await useRateLimit({ ...event, context: {} } as never, { limiter })).outcome;
  };

  it("is not counted among all requests that have no address: the request that failed was", async () => {
    // Visitors of this app come over sockets.
    await outcomeOf("/", { socket: { remoteAddress: "192.0.2.7" } });
    expect(await outcomeOf(path, { __unenv__: undefined })).toBe("exempt");
    expect(await outcomeOf(`/base${path}`, { __unenv__: {} })).toBe("exempt");
  });

  it("is a request as any other where a visitor asks for it", async () => {
    expect(await outcomeOf(path, { socket: { remoteAddress: "192.0.2.7" } })).toBe("limited");
    expect(await outcomeOf(path, { headers: { "x-nuxt-error": "true" } })).toBe("limited");
    expect(await outcomeOf("/page?of=/__nuxt_error", { __unenv__: undefined })).toBe("limited");
  });
});
