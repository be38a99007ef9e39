import { readdirSync } from "node:fs";
import { join } from "node:path";

import { afterAll, expect, it } from "vitest";

import { removePacked } from "../_pack.ts";
import { type SessionApp, describeApp } from "./_sessions.ts";

const apps: readonly SessionApp[] = [
  { fixture: "nitro-3", middlewareCookies: "dropped", hasModule: true },
  { fixture: "nitro-3.0.0", middlewareCookies: "shared", hasModule: false },
  { fixture: "nitropack-2", middlewareCookies: "set", hasModule: true },
];

afterAll(removePacked);

it("every fixture is an app that is tested", () => {
  const folders = readdirSync(join(import.meta.dirname, "fixtures"));
  expect(folders.toSorted()).toEqual([...apps.map(({ fixture }) => fixture), "shared"]);
});

// One after the other: each build keeps every core busy.
for (const app of apps) describeApp(app);
