// Whoever copies a secret from the documentation shares it with everybody else who did.

import { readFileSync } from "node:fs";
import { join } from "node:path";

import { createKeyring } from "ironkeep";
import { expect, test } from "vitest";

import { ROOT } from "./_package.ts";

test("no ring takes the key of the worked example", () => {
  const page = readFileSync(join(ROOT, "docs/formats.md"), "utf8");
  const [, secret = ""] = /with the key `([^`]+)`/.exec(page) ?? [];
  expect(secret.length).toBeGreaterThanOrEqual(32);
  expect(() => createKeyring([{ id: "a", secret }])).toThrow(expect.objectContaining({ code: "ERR_KEY_WEAK" }));
});
