import type { SealOptions } from "ironkeep/iron";
import { defaults, seal, sealSync, unseal } from "ironkeep/iron";
import { describe, expect, it } from "vitest";

const PASSWORD = "Vb7kQm2xT9sLw4pZcY8nJr5hGf3dA6eU";

/** Options as they come from the environment or from JavaScript: not what the types say. */
function loose(options: Record<string, unknown>): SealOptions {
  return { ...defaults, ...options } as SealOptions;
}

describe("numbers in the options", () => {
  it("a text that holds a number is that number, so that an expiry is never lost", async () => {
    const token = await seal({}, PASSWORD, loose({ ttl: "60000" }));
    const expiration = Number(token.split("*")[5]);
    expect(expiration).toBeGreaterThan(Date.now());
    expect(expiration).toBeLessThanOrEqual(Date.now() + 60_000);
    expect(await unseal(token, PASSWORD, defaults)).toEqual({});
  });

  it("a least length given as text is kept", () => {
    const integrity = { ...defaults.integrity, minPasswordlength: "40" };
    expect(() => sealSync({}, PASSWORD, loose({ integrity }))).toThrow("Password string too short (min 40 ");
  });

  it.each(["soon", Number.NaN, Number.POSITIVE_INFINITY, {}, true])(
    "%s is refused, with the name of the option",
    (value) => {
      for (const name of ["ttl", "timestampSkewSec", "localtimeOffsetMsec"]) {
        expect(() => sealSync({}, PASSWORD, loose({ [name]: value }))).toThrow(name);
      }
    },
  );

  it("more iterations than 32 bits hold are refused, not begun", () => {
    const integrity = { ...defaults.integrity, iterations: 2 ** 33 };
    expect(() => sealSync({}, PASSWORD, loose({ integrity }))).toThrow("Invalid number of iterations");
  });
});
