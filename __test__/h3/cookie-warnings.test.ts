import { mockEvent } from "h3-v2";
import { updateSession } from "ironkeep/h3";
import { describe, expect, it, vi } from "vitest";
import { FAULTY } from "./_faulty-configs.ts";
import { PASSWORD } from "./_passwords.ts";
import { captureWarnings } from "./_warnings.ts";

describe("what is an error in strict mode", () => {
  for (const [title, [config, says]] of Object.entries(FAULTY)) {
    it(`${title} is one warning, however often it is used`, async () => {
      const warnings = captureWarnings();
      for (let i = 0; i < 3; i += 1) {
        // What cookie-es refuses as well is an error of its own on h3 2.
        await updateSession(mockEvent("/"), { password: PASSWORD, ...config }).catch(() => undefined);
      }
      vi.restoreAllMocks();
      expect(warnings).toHaveLength(1);
      expect(warnings[0]).toMatch(says);
      expect(warnings[0]).not.toContain(PASSWORD);
    });
  }
});
