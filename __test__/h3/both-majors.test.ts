import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import type { Reply } from "./_http.ts";
import { fetchInProcess } from "./_http.ts";
import type { Seen } from "./_routes.ts";
import type { SessionApp } from "./_writers.ts";
import { OURS, WRITTEN } from "./_writers.ts";

function byTitle(title: string): SessionApp {
  const app = OURS.find((candidate) => candidate.title === title);
  if (app === undefined) throw new Error(`no app "${title}"`);
  return app;
}

const onV1 = byTitle("ironkeep on h3 v1");
const onV2 = byTitle("ironkeep on h3 v2");

function read(app: SessionApp, cookie: string): Promise<Reply> {
  return fetchInProcess(app.fetch, "/read", { headers: { cookie } });
}

describe("both majors in one process", () => {
  it("requests of both, interleaved, keep their own sessions and generations", async () => {
    const apps = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? onV1 : onV2));
    const writes = await Promise.all(apps.map((app) => fetchInProcess(app.fetch, "/write", {})));
    expect(new Set(writes.map((reply) => reply.json<Seen>().id)).size).toBe(20);
    const reads = await Promise.all(writes.map((reply, i) => read(apps[i] ?? onV1, `h3=${reply.cookie("h3").value}`)));
    for (const [i, reply] of reads.entries()) {
      expect(reply.json<Seen>()).toEqual({ id: writes[i]?.json<Seen>().id, data: WRITTEN });
      expect(reply.setCookies).toEqual([]);
    }
  });

  it("a session moves from an app on v1 to one on v2 and back", async () => {
    const written = await fetchInProcess(onV1.fetch, "/write", {});
    const { id } = written.json<Seen>();
    const moved = await read(onV2, `h3=${written.cookie("h3").value}`);
    expect(moved.json<Seen>().id).toBe(id);
    const back = await read(onV1, `h3=${moved.cookie("h3").value}`);
    expect(back.json<Seen>()).toEqual({ id, data: WRITTEN });
  });
});

describe("modules that are loaded", () => {
  /** Everything that a process resolves when it imports `entry`, and with "use" calls it once. */
  async function resolvedBy(entry: string, action: "use" | "import" = "import"): Promise<string[]> {
    const script = fileURLToPath(new URL("_resolved-by.mjs", import.meta.url));
    const child = fork(script, [entry, action], { execArgv: [] });
    const [message] = (await Promise.race([
      once(child, "message"),
      once(child, "exit").then(([code]) => Promise.reject(new Error(`exit code ${String(code)}`))),
    ])) as [string[]];
    return message;
  }

  const isH3 = (specifier: string): boolean =>
    /^h3(-v\d.*)?($|\/)/.test(specifier) || /node_modules\/h3(-v\d[^/]*)?\//.test(specifier);

  it("ironkeep/h3 loads no h3, of either major", async () => {
    const resolved = await resolvedBy("ironkeep/h3", "use");
    expect(resolved.some((specifier) => specifier.endsWith("/dist/h3/index.js"))).toBe(true);
    expect(resolved.filter(isH3)).toEqual([]);
  });

  it("the check itself would see one", async () => {
    expect((await resolvedBy("h3-v2")).filter(isH3)).not.toEqual([]);
    expect((await resolvedBy("h3-v1")).filter(isH3)).not.toEqual([]);
  });
});
