import { mockEvent } from "h3-v2";
import { createKeyring } from "ironkeep";
import { type SessionConfig, useSession } from "ironkeep/h3";
import { afterEach, expect, test, vi } from "vitest";

import { PASSWORD } from "../h3/_passwords.ts";
import { captureWarnings } from "../h3/_warnings.ts";
import { key } from "./_rings.ts";

afterEach(() => {
  vi.restoreAllMocks();
});

async function warningsOf(config: SessionConfig): Promise<string[]> {
  const warnings = captureWarnings();
  for (let time = 0; time < 3; time += 1) await useSession(mockEvent("http://localhost/"), { ...config });
  return warnings;
}

test("an audience that ik1 binds: no warning", async () => {
  expect(await warningsOf({ password: createKeyring([key("k1")]), seal: { format: "ik1" }, audience: "shop" })).toEqual(
    [],
  );
});

test("an audience that Fe26.2 does not bind: one warning", async () => {
  const warnings = await warningsOf({ password: PASSWORD, audience: "shop" });
  expect(warnings).toEqual([expect.stringContaining("audience")]);
  expect(warnings[0]).not.toContain(PASSWORD);
});
