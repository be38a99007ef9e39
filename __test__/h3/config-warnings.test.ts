import { mockEvent } from "h3-v2";
import type { SessionConfig } from "ironkeep/h3";
import { getSession, updateSession, useSession } from "ironkeep/h3";
import { describe, expect, it, vi } from "vitest";
import { PASSWORD } from "./_passwords.ts";
import { randomText } from "./_text.ts";
import { captureWarnings } from "./_warnings.ts";

const GUESSABLE = "correct-horse-correct-horse-correct-horse";

/** Every request of an app makes a new event and, mostly, a new config object. */
async function useThrice(make: () => SessionConfig): Promise<string[]> {
  const warnings = captureWarnings();
  for (let i = 0; i < 3; i += 1) {
    await useSession(mockEvent("/"), make());
    await getSession(mockEvent("/"), make());
  }
  vi.restoreAllMocks();
  return warnings;
}

describe("warnings about a config", () => {
  const misspelt: Record<string, string> = {
    maxage: "maxAge",
    idletimeout: "idleTimeout",
    cookies: "cookie",
    sessionHeaders: "sessionHeader",
  };
  for (const [wrong, right] of Object.entries(misspelt)) {
    it(`${wrong}: one warning, that names ${right}`, async () => {
      const warnings = await useThrice(() => ({ password: PASSWORD, [wrong]: undefined }));
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toContain(wrong);
      expect(warnings[0]).toContain(right);
      expect(warnings[0]).not.toContain(PASSWORD);
    });
  }

  it("a key like no other is named alone", async () => {
    const warnings = await useThrice(() => ({ password: PASSWORD, xyzzy: 1 }) as SessionConfig);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("xyzzy");
  });

  it("the documented keys are all known", async () => {
    const config: Required<Omit<SessionConfig, "crypto" | "schema" | "seal" | "store">> = {
      password: PASSWORD,
      audience: "",
      maxAge: 60,
      idleTimeout: 30,
      name: "known",
      cookie: {},
      sessionHeader: false,
      legacySealFallback: true,
      generateId: () => "id",
      lazy: false,
      generation: 2,
      salts: "epoch",
      maxCookieBytes: 4096,
      revocation: { notBefore: () => undefined },
      revocationTimeout: 1,
      onInvalid: "reset",
      migrate: { until: 0 },
      deadline: 250,
      tombstone: 60,
      onConflict: "merge",
      strict: true,
    };
    const { crypto } = globalThis;
    expect(await useThrice(() => ({ ...config, crypto, schema: undefined }))).toEqual([]);
  });

  it("a guessable password: one warning, that does not hold it", async () => {
    const warnings = await useThrice(() => ({ password: GUESSABLE, name: "guessable" }));
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/guess/i);
    expect(warnings[0]).not.toContain("horse");
  });

  it("a password of few different characters: one warning", async () => {
    const password = "abababbabaabbaabababbabaabbaabab";
    const warnings = await useThrice(() => ({ password, name: "few" }));
    expect(warnings).toHaveLength(1);
  });

  it("a session whose cookies pass 8 KB: one warning", async () => {
    const warnings = captureWarnings();
    for (let i = 0; i < 3; i += 1) {
      const big = { text: randomText(9000) };
      await updateSession(mockEvent("/"), { password: PASSWORD, name: "big" }, big);
    }
    vi.restoreAllMocks();
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain("big");
  });

  it("a random password: none", async () => {
    expect(await useThrice(() => ({ password: PASSWORD }))).toEqual([]);
  });
});
