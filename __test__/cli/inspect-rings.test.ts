import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createKeyring } from "ironkeep";
import { sealSession } from "ironkeep/h3";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import { cli, cliJson } from "./_cli.ts";
import { DATA, OTHER, PASSWORD, sealed, SESSION, TYPED } from "./_samples.ts";

interface Inspection {
  readonly format: string;
  readonly keyId: string;
  readonly expiry: object;
  readonly key: Readonly<Record<string, unknown>> | null;
}

const BYTES = {
  bytes: Buffer.from(Array.from({ length: 32 }, (_, index) => (index * 37) & 255)).toString("base64url"),
};
const KEYS = [
  { id: "k2", secret: PASSWORD },
  { id: "k1", secret: OTHER },
];
const RING = `k2:${PASSWORD},k1:${OTHER}`;

/** A token that the helpers seal with a ring. */
function sealedByRing(config: object = {}, keys: readonly object[] = KEYS): Promise<string> {
  const event = { req: { headers: new Headers() }, context: { sessions: {} } };
  const password = createKeyring(keys as typeof KEYS);
  return sealSession(event, { password, name: "app", generateId: () => DATA, ...config });
}

const ik1 = (config: object = {}, keys?: readonly object[]) =>
  sealedByRing({ seal: { format: "ik1" }, ...config }, keys);

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "ironkeep-cli-"));
  writeFileSync(join(folder, "ring"), RING);
  writeFileSync(join(folder, "bytes"), JSON.stringify([{ id: "b1", secret: BYTES }]));
  writeFileSync(join(folder, "older"), `k1:${OTHER}`);
  writeFileSync(join(folder, "typed"), `k2:${TYPED}`);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

afterEach(() => {
  vi.useRealTimers();
});

function inspect(token: string, ring: string, ...args: string[]): ReturnType<typeof cliJson<Inspection>> {
  return cliJson<Inspection>(["inspect", token, "--name", "app", "--ring", join(folder, ring), ...args]);
}

describe("a ring opens", () => {
  it.each([1, 2] as const)("Fe26.2 of generation %i by the key's id", async (generation) => {
    const { code, json } = await inspect(sealed({ generation, id: "k1", password: OTHER }), "ring", "--open");
    expect({ code, keyId: json.keyId }).toEqual({ code: 0, keyId: "k1" });
    expect(json.key).toEqual({
      source: "the file of --ring",
      opens: true,
      generation,
      code: null,
      reason: null,
      session: SESSION,
    });
  });

  it("ik1, which has no generation, and shows no data unasked", async () => {
    const { code, json } = await inspect(await ik1(), "ring");
    expect(code).toBe(0);
    expect(json).toMatchObject({ format: "ik1", keyId: "k2", expiry: { known: false, at: null, past: false } });
    expect(json.key).toEqual({ source: "the file of --ring", opens: true, generation: null, code: null, reason: null });
    expect(JSON.stringify(json)).not.toContain(DATA);
    const opened = await inspect(await ik1(), "ring", "--open");
    expect(opened.json.key).toMatchObject({ session: { id: DATA } });
  });

  it("ik1 with a key given as bytes, and deflated data", async () => {
    const token = await ik1({ seal: { format: "ik1", compress: true } }, [{ id: "b1", secret: BYTES }]);
    expect((await inspect(token, "bytes")).json.key).toMatchObject({ opens: true });
  });

  it("from standard input and from IRONKEEP_KEYS, which comes before the passwords", async () => {
    const args = ["inspect", await ik1(), "--name", "app"];
    const piped = await cliJson<Inspection>([...args, "--ring", "-"], { stdin: JSON.stringify(KEYS) });
    expect(piped.json.key).toMatchObject({ source: "standard input", opens: true });
    const env = { IRONKEEP_KEYS: RING, NUXT_SESSION_PASSWORD: OTHER };
    const fromEnvironment = await cliJson<Inspection>([...args, "--open"], { env });
    expect(fromEnvironment.json.key).toMatchObject({ source: "IRONKEEP_KEYS", opens: true, session: { id: DATA } });
  });

  it("an ik1 token for its audience", async () => {
    const token = await ik1({ audience: "shop" });
    expect((await inspect(token, "ring", "--audience", "shop")).json.key).toMatchObject({ opens: true });
    expect((await inspect(token, "ring")).json.key).toMatchObject({ opens: false, code: "ERR_SEAL_INVALID" });
  });
});

describe("a ring does not open", () => {
  it.each([
    ["ik1 of another name", () => ik1({ name: "other" }), "ring", "ERR_SEAL_INVALID"],
    ["ik1 of a key that it lacks", () => ik1(), "older", "ERR_SEAL_INVALID"],
    ["Fe26.2 of a key that it lacks", () => sealed({ id: "k2" }), "older", "ERR_KEY_UNKNOWN"],
    ["Fe26.2 without an id", () => sealed(), "ring", "ERR_KEY_UNKNOWN"],
    ["anything with a weak key", () => ik1(), "typed", "ERR_KEY_WEAK"],
  ] as const)("%s", async (_what, make, ring, code) => {
    const result = await inspect(await make(), ring, "--open");
    expect(result.code).toBe(1);
    expect(result.json.key).toEqual({
      source: "the file of --ring",
      opens: false,
      generation: null,
      code,
      reason: expect.any(String),
    });
    expect(result.json.expiry).toMatchObject({ known: result.json.format === "Fe26.2" });
  });

  it("ik1 with a password alone", async () => {
    const env = { SESSION_PASSWORD: PASSWORD };
    const { code, json } = await cliJson<Inspection>(["inspect", await ik1(), "--name", "app", "--open"], { env });
    expect({ code, opens: json.key?.["opens"] }).toEqual({ code: 1, opens: false });
  });

  it("ik1 that is past, and says so", async () => {
    vi.useFakeTimers({ now: Date.now() - 7_200_000, toFake: ["Date"] });
    const token = await ik1({ maxAge: 3600 });
    vi.useRealTimers();
    const { code, json } = await inspect(token, "ring", "--open");
    expect(code).toBe(1);
    expect(json).toMatchObject({ expiry: { known: false, at: null, past: true }, key: { code: "ERR_SEAL_EXPIRED" } });
    const { stdout } = await cli(["inspect", token, "--name", "app", "--ring", join(folder, "ring")]);
    expect(stdout).toMatch(/^expires +at a time that is past$/m);
    expect(stdout).not.toContain(DATA);
  });
});
