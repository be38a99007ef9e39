import { defaults, seal } from "ironkeep/iron";
import { readFileSync, readdirSync } from "node:fs";
import { getPriority } from "node:os";
import { describe, expect, it } from "vitest";

const PASSWORD = "bXq7Vn2Ld0Ht9sKc4Wz8Rf3Yp6Jm1Ga5Ue-Qo_TiSvN";
const slow = {
  ...defaults,
  encryption: { ...defaults.encryption, iterations: 8192 },
  integrity: { ...defaults.integrity, iterations: 8192 },
};

/** The niceness of each of this process's threads that Ironkeep started. */
function niceness(): readonly number[] {
  return readdirSync("/proc/self/task").flatMap((thread) => {
    const [, name, rest = ""] = /\((.*)\) (.*)/s.exec(readFileSync(`/proc/self/task/${thread}/stat`, "utf8")) ?? [];
    return name === "ironkeep" ? [Number(rest.split(" ")[16])] : [];
  });
}

describe.each(process.platform === "linux" ? ["linux"] : [])("threads on %s", () => {
  it("go after the event loop where they derive, and beside it where they settle", async () => {
    await seal({ user: "ann" }, PASSWORD, slow);
    const nice = getPriority();
    expect(new Set(niceness())).toEqual(new Set([nice, Math.min(nice + 5, 19)]));
  });
});

describe.each(process.platform === "linux" ? [] : [process.platform])("threads on %s", (platform) => {
  it("have the process's priority", () => {
    expect(platform).not.toBe("linux");
  });
});
