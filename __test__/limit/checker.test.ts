import { describe, expect, it } from "vitest";

import { type Admitted, LEASED, violation } from "./_checker.ts";

const LAW = { limit: 10, window: 1, burst: 10 };

describe("the checker", () => {
  const steady: Admitted[] = Array.from({ length: 10_000 }, (_, nth) => [1_795_000_000_000_000 + nth * 100_000, 1]);
  const planted = (more: number): Admitted[] => [
    ...steady,
    ...Array.from({ length: more }, () => steady[500] as Admitted),
  ];

  it("finds nothing where the rate is kept", () => {
    expect(violation(LAW, 0, steady)).toBeNull();
    expect(violation(LAW, 0, planted(9))).toBeNull();
  });

  it("finds one token too many among thousands", () => {
    expect(violation(LAW, 0, planted(10))).toMatch(/too much/);
    expect(violation(LAW, LEASED, planted(10))).toBeNull();
    expect(violation(LAW, LEASED, planted(11))).toMatch(/too much/);
  });

  it("counts tokens, not requests", () => {
    expect(
      violation(LAW, 0, [
        [0, 10],
        [100_000, 1],
      ]),
    ).toBeNull();
    expect(
      violation(LAW, 0, [
        [0, 10],
        [99_999, 1],
      ]),
    ).toMatch(/too much/);
  });
});
