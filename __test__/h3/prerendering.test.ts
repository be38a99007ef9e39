import type { SessionConfig } from "ironkeep/h3";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";
import type { Seen } from "./_routes.ts";
import { sessionRoutes } from "./_routes.ts";
import { captureWarnings } from "./_warnings.ts";

const config: SessionConfig = { password: PASSWORD };

describeMatrix("in prerendering", (t, { it, expect }) => {
  // Nitro's prerenderer, of 2 and 3, sends this with every request it makes.
  const headers = { "x-nitro-prerender": "/use" };

  for (const path of ["/use", "/get", "/set", "/clear"]) {
    it(`${path} reads nothing and sets nothing`, async () => {
      captureWarnings();
      const routes = sessionRoutes(t, config);
      routes.update = { user: "ada" };
      const browser = t.browser();
      await browser.request("/set");
      const reply = await browser.request(path, { headers });
      expect(reply.status).toBe(200);
      expect(reply.json<Seen>().data).toEqual({});
      expect(reply.json<Seen>().id ?? "").toBe("");
      expect(reply.setCookies).toEqual([]);
      expect((await browser.request("/use")).json<Seen>().data).toEqual({ user: "ada" });
    });
  }
});
