import { bodyLimit, defineValidatedHandler, H3, toNodeHandler } from "h3-v2";
import type { H3Event } from "h3-v2";
import type { SessionConfig } from "ironkeep/h3";
import { updateSession, useSession } from "ironkeep/h3";
import { describe, expect, it } from "vitest";
import type { Reply } from "./_http.ts";
import { fetchInProcess, fetchOverHttp, startServer } from "./_http.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { seen } from "./_routes.ts";
import { makeSeal } from "./_seals.ts";

/**
 * h3 2 itself replaces `event.req` outside of any cache: a body limit and a validated handler wrap
 * the same request in a proxy. A session that was opened before must stay the request's session.
 */
const config: SessionConfig = { password: PASSWORD };

interface Posted {
  n: number;
}

/** The least of a Standard Schema: it takes whatever JSON is there. */
const anyBody = {
  "~standard": {
    version: 1 as const,
    vendor: "test",
    validate: (value: unknown) => ({ value: value as Posted }),
  },
};

function appWith(): H3 {
  const app = new H3({ silent: true });
  app.use(async (event) => void (await useSession(event, config)));
  const handler = async (event: H3Event): Promise<Seen> => {
    const body = (await event.req.json()) as Posted;
    return seen(await updateSession(event, config, { n: body.n }));
  };
  app.post("/limited", handler, { middleware: [bodyLimit(1000)] });
  app.post("/validated", defineValidatedHandler({ validate: { body: anyBody }, handler }));
  return app;
}

async function post(app: H3, path: string, over: "process" | "http"): Promise<Reply> {
  const payload = { id: "s1", createdAt: Date.now(), data: { user: "ada" } };
  const cookie = `h3=${await makeSeal(payload, PASSWORD, { generation: 2 })}`;
  const headers = { cookie, "content-type": "application/json" };
  const input = { method: "POST", headers, body: JSON.stringify({ n: 7 }) };
  if (over === "process") return fetchInProcess(app.fetch, path, input);
  const server = await startServer(toNodeHandler(app));
  try {
    return await fetchOverHttp(server.origin, path, input);
  } finally {
    await server.close();
  }
}

describe("a request that h3 2 itself wraps is still the same request", () => {
  for (const path of ["/limited", "/validated"]) {
    for (const over of ["process", "http"] as const) {
      it(`${path}, over ${over}: the session opened before is updated`, async () => {
        const reply = await post(appWith(), path, over);
        expect(reply.status).toBe(200);
        expect(reply.json<Seen>()).toEqual({ id: "s1", data: { user: "ada", n: 7 } });
        expect(reply.cookieNames()).toEqual(["h3"]);
      });
    }
  }
});
