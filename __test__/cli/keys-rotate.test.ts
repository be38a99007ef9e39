import { execFileSync } from "node:child_process";
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createKeyring } from "ironkeep";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { cli, cliJson } from "./_cli.ts";
import { OTHER, PASSWORD } from "./_samples.ts";

interface Key {
  readonly id: string;
  readonly secret: string | { readonly bytes: string };
  readonly sealFrom?: number;
}

const SHORT = `k2:${PASSWORD},k1:${OTHER}`;
const K2 = { id: "k2", secret: PASSWORD };
const K1 = { id: "k1", secret: OTHER };

/** Rotates the ring of the environment, and gives it with the moments before and after. */
async function rotate(keys: string, ...args: string[]): Promise<{ ring: Key[]; before: number; after: number }> {
  const before = Date.now();
  const { code, json } = await cliJson<Key[]>(["keys", "rotate", ...args], { env: { IRONKEEP_KEYS: keys } });
  expect(code).toBe(0);
  return { ring: json, before, after: Date.now() };
}

describe.concurrent("ironkeep keys rotate", () => {
  it.each([
    [[], 120_000],
    [["--refresh-interval", "1"], 2000],
    [["--refresh-interval=3600"], 7_200_000],
  ] as const)("%j: the new key seals after two refresh intervals", async (args, delay) => {
    const { ring, before, after } = await rotate(SHORT, ...args);
    const [added, ...kept] = ring;
    expect(kept).toEqual([K2, K1]);
    expect(added).toEqual({ id: "k3", secret: expect.stringMatching(/^[\w-]{43}$/), sealFrom: expect.any(Number) });
    expect(added?.sealFrom).toBeGreaterThanOrEqual(before + delay);
    expect(added?.sealFrom).toBeLessThanOrEqual(after + delay);
  });

  it("prints the ring on one line, and what changed on the other stream", async () => {
    const { code, stdout, stderr } = await cli(["keys", "rotate", "--keep", "1"], { env: { IRONKEEP_KEYS: SHORT } });
    expect(code).toBe(0);
    expect(stdout.split("\n")).toHaveLength(2);
    const [added] = JSON.parse(stdout) as [Required<Key>];
    expect(stderr.split("\n")).toEqual([
      `k3 is new and seals from ${new Date(added.sealFrom).toISOString()}; every process has to have the ring by then`,
      "the ring has 2 keys: k3, k2",
      "dropped, with the sessions that they sealed: k1",
      "",
    ]);
  });

  it("keeps the fields of the old keys, and can be rotated again", async () => {
    const bytes = { bytes: Buffer.alloc(32, 7).toString("base64url") };
    const first = await rotate(JSON.stringify([{ id: "a", secret: bytes, sealFrom: 5 }, K1]));
    expect(first.ring.slice(1)).toEqual([{ id: "a", secret: bytes, sealFrom: 5 }, K1]);
    const second = await rotate(JSON.stringify(first.ring));
    expect(second.ring.map(({ id }) => id)).toEqual(["a3", "a2", "a", "k1"]);
    expect(second.ring.slice(1)).toEqual(first.ring);
  });

  it("gives a ring that createKeyring takes, with a date as text in it, too", async () => {
    const { ring } = await rotate(JSON.stringify([{ ...K2, sealFrom: "2026-01-01T00:00:00Z" }, K1]));
    expect(ring[1]).toEqual({ ...K2, sealFrom: Date.UTC(2026, 0, 1) });
    const infos = createKeyring(JSON.stringify(ring)).keys();
    expect(infos.map(({ id, isSealing }) => [id, isSealing])).toEqual([
      ["k3", false],
      ["k2", true],
      ["k1", false],
    ]);
  });

  it("lets the new key start after every older one, and says so", async () => {
    const slow = await rotate(SHORT, "--refresh-interval", "86400");
    const { code, stdout, stderr } = await cli(["keys", "rotate", "--refresh-interval", "60"], {
      env: { IRONKEEP_KEYS: JSON.stringify(slow.ring) },
    });
    expect(code).toBe(0);
    const [added, older] = JSON.parse(stdout) as [Required<Key>, Required<Key>];
    expect([added.id, older]).toEqual(["k4", slow.ring[0]]);
    expect(added.sealFrom).toBe(older.sealFrom + 1);
    expect(stderr).toContain("\nthat is right after k3 starts, which would take over from it otherwise\n");
  });

  it("refuses a ring whose key starts at the end of time, after which none can", async () => {
    const { code, stdout, stderr } = await cli(["keys", "rotate"], {
      env: { IRONKEEP_KEYS: JSON.stringify([K2, { ...K1, sealFrom: 8.64e15 }]) },
    });
    expect({ code, stdout, stderr }).toEqual({
      code: 1,
      stdout: "",
      stderr: "ironkeep: ERR_CONFIG: Key 2 has a sealFrom that no key can come after: correct it\n",
    });
  });

  it("rotates a weak key away, which createKeyring refuses", async () => {
    expect((await rotate("k1:weak")).ring.map(({ id }) => id)).toEqual(["k2", "k1"]);
  });

  it("refuses a ring that would be too long", async () => {
    const full = Array.from({ length: 64 }, (_, index) => `k${index}:${PASSWORD}${index}`).join(",");
    const { code, stderr } = await cli(["keys", "rotate"], { env: { IRONKEEP_KEYS: full } });
    expect(code).toBe(1);
    expect(stderr).toContain("The ring would have over 64 keys: drop the oldest with --keep");
    expect((await rotate(full, "--keep", "63")).ring).toHaveLength(64);
  });

  it("skips ids that are taken, and takes one that is given", async () => {
    const taken = JSON.stringify([K1, { id: "k2", secret: PASSWORD }]);
    expect((await rotate(taken)).ring.map(({ id }) => id)).toEqual(["k3", "k1", "k2"]);
    expect((await rotate(taken, "--id", "autumn")).ring[0]?.id).toBe("autumn");
  });

  it("drops the oldest, and never the key that seals until the new one does", async () => {
    expect((await rotate(SHORT, "--keep", "1")).ring.map(({ id }) => id)).toEqual(["k3", "k2"]);
    expect((await rotate(SHORT, "--keep", "9")).ring.map(({ id }) => id)).toEqual(["k3", "k2", "k1"]);
    const waiting = JSON.stringify([{ ...K2, sealFrom: Date.now() + 3_600_000 }, K1]);
    const { code, stdout, stderr } = await cli(["keys", "rotate", "--keep", "1"], { env: { IRONKEEP_KEYS: waiting } });
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain("the key that seals now is number 2, so --keep takes at least 2");
  });

  it("reads a file, else the variable, else standard input", async () => {
    const folder = mkdtempSync(join(tmpdir(), "ironkeep-cli-"));
    try {
      const file = join(folder, "ring");
      writeFileSync(file, `\uFEFF${JSON.stringify([{ id: "file1", secret: PASSWORD }])}\r\n`);
      const stdin = `in1:${PASSWORD}\n`;
      const env = { IRONKEEP_KEYS: `env1:${PASSWORD}` };
      const first = async (args: string[], options: object) =>
        (await cliJson<Key[]>(["keys", "rotate", ...args], options)).json[0]?.id;
      expect(await first(["--ring", file], { env, stdin })).toBe("file2");
      expect(await first([], { env, stdin })).toBe("env2");
      expect(await first(["--ring", "-"], { env, stdin })).toBe("in2");
      expect(await first([], { stdin })).toBe("in2");
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it.each([
    [["--refresh-interval", "0"], "--refresh-interval takes a whole number from 1 to 2592000"],
    [["--refresh-interval", "2592001"], "--refresh-interval takes a whole number from 1 to 2592000"],
    [["--refresh-interval=-5"], "--refresh-interval takes a whole number from 1 to 2592000"],
    [["--keep", "0"], "--keep takes a whole number from 1 to 63"],
    [["--keep", "all"], "--keep takes a whole number from 1 to 63"],
    [["--id", "k:1"], '--id takes 1 to 16 of A-Z, a-z, 0-9 and _, and not "default"'],
  ])("refuses %j", async (args, message) => {
    const result = await cli(["keys", "rotate", ...args], { env: { IRONKEEP_KEYS: SHORT } });
    expect(result).toEqual({ code: 2, stdout: "", stderr: `ironkeep: ERR_CONFIG: ${message}\n` });
  });

  it("refuses an id that the ring has", async () => {
    const { code, stderr } = await cli(["keys", "rotate", "--id", "k1"], { env: { IRONKEEP_KEYS: SHORT } });
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: "ironkeep: ERR_CONFIG: The ring has a key with this id already: give another with --id\n",
    });
  });
});

describe("ironkeep keys rotate --write", () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "ironkeep-cli-"));
  });

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Key[];

  it("puts the ring into the file, for its owner alone, and prints no secret", async () => {
    writeFileSync(join(folder, "ring"), SHORT, { mode: 0o644 });
    const args = ["keys", "rotate", "--ring", join(folder, "ring"), "--write", join(folder, "ring"), "--keep", "1"];
    const { code, json, stderr } = await cliJson<object>(args);
    const [added, ...kept] = read("ring");
    expect(kept).toEqual([K2]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(json).toEqual({ added: "k3", sealFrom: added?.sealFrom, kept: ["k2"], dropped: ["k1"] });
    expect(JSON.stringify(json)).not.toContain(added?.secret);
    expect(readdirSync(folder)).toEqual(["ring"]);
  });

  // Windows has no such modes.
  const isWindows = process.platform === "win32";

  it.each([
    [undefined, 0o600],
    [0o600, 0o600],
    [0o400, 0o400],
    [0o640, 0o640],
    [0o644, 0o640],
    [0o777, 0o640],
  ])("a file with the mode %o has %o then: its group keeps its right to read, others get none", async (mode, then) => {
    const file = join(folder, `mode-${mode}`);
    if (mode !== undefined) {
      writeFileSync(file, SHORT);
      chmodSync(file, mode);
    }
    const { code } = await cli(["keys", "rotate", "--write", file], { env: { IRONKEEP_KEYS: SHORT } });
    expect(code).toBe(0);
    expect(isWindows ? then : statSync(file).mode & 0o777).toBe(then);
    rmSync(file);
  });

  it("replaces no pipe and no folder, and makes no file of a link to nothing", async () => {
    const odd = mkdtempSync(join(folder, "odd-"));
    const other = "--write takes a regular file, or one that is not there yet: this is none";
    const targets = [[odd, other]];
    if (!isWindows) {
      execFileSync("mkfifo", [join(odd, "pipe")]);
      symlinkSync(join(odd, "pipe"), join(odd, "to-pipe"));
      symlinkSync(join(odd, "none"), join(odd, "to-none"));
      targets.push([join(odd, "pipe"), other], [join(odd, "to-pipe"), other]);
      targets.push([join(odd, "to-none"), "The file of --write is a symbolic link to nothing: name the file itself"]);
    }
    const entries = () => readdirSync(odd, { withFileTypes: true }).map((entry) => [entry.name, entry.isFIFO()]);
    const before = entries();
    for (const [target = "", message] of targets) {
      const result = await cli(["keys", "rotate", "--write", target], { env: { IRONKEEP_KEYS: SHORT } });
      expect(result).toEqual({ code: 1, stdout: "", stderr: `ironkeep: ERR_CONFIG: ${message}\n` });
    }
    expect(entries()).toEqual(before);
    rmSync(odd, { recursive: true });
  });

  it("says in words what was done, without a secret", async () => {
    const { stdout } = await cli(["keys", "rotate", "--write", join(folder, "words")], {
      env: { IRONKEEP_KEYS: SHORT },
    });
    expect(stdout).toMatch(
      /^k3 is new and seals from \S+; every process has to have the ring by then\nthe ring has 3 keys/,
    );
    for (const { secret } of read("words")) expect(stdout).not.toContain(secret);
  });

  it("writes through a symbolic link, which stays one", async () => {
    writeFileSync(join(folder, "real"), SHORT);
    symlinkSync(join(folder, "real"), join(folder, "link"));
    await cli(["keys", "rotate", "--write", join(folder, "link")], { env: { IRONKEEP_KEYS: SHORT } });
    expect(read("real").map(({ id }) => id)).toEqual(["k3", "k2", "k1"]);
    expect(readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isSymbolicLink())).toHaveLength(1);
  });

  it("leaves the file and the folder as they were when it fails", async () => {
    const before = readdirSync(folder).toSorted();
    for (const target of [join(folder, "none/ring"), join(folder, "ring/below")]) {
      const { code, stdout, stderr } = await cli(["keys", "rotate", "--write", target], {
        env: { IRONKEEP_KEYS: SHORT },
      });
      expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
      expect(stderr).toMatch(/^ironkeep: ERR_CONFIG: Cannot write the file of --write \(E[A-Z]+\)\n$/);
    }
    expect(readdirSync(folder).toSorted()).toEqual(before);
  });

  it("does not touch the file that it reads without it", async () => {
    writeFileSync(join(folder, "untouched"), SHORT);
    await cli(["keys", "rotate", "--ring", join(folder, "untouched")]);
    expect(readFileSync(join(folder, "untouched"), "utf8")).toBe(SHORT);
  });
});
