import type { SessionConfig } from "ironkeep/h3";

import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import { useSession } from "ironkeep/h3";

const INJECTED = "x\r\nset-cookie: admin=1";

/** A configuration that an app put together from what it was sent. */
const configs: Record<string, Partial<SessionConfig>> = {
  "a name": { name: INJECTED },
  "a name with an attribute": { name: "h3=1; Domain=evil.example" },
  "a path": { cookie: { path: INJECTED } },
  "a path with an attribute": { cookie: { path: "/; Domain=evil.example" } },
  "a domain": { cookie: { domain: INJECTED } },
  "an age": { cookie: { maxAge: "1; Domain=evil.example" as unknown as number } },
  "a domain with an attribute": { cookie: { domain: "a.example; Secure" } },
};

describeMatrix("a configuration cannot put a header into the response", (t, { it, expect }) => {
  for (const [what, config] of Object.entries(configs)) {
    it(what, async () => {
      t.route("/", async (event) => {
        const session = await useSession(event, { password: PASSWORD, sessionHeader: false, ...config });
        await session.update({ a: 1 });
      });
      const reply = await t.request("/");
      expect(reply.status).toBe(500);
      expect(reply.setCookies).toEqual([]);
    });
  }
});
