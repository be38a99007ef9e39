import { describe, expect, it } from "vitest";
import type { Compile } from "./_workspace.ts";
import { compile, notOfH3 } from "./_workspace.ts";

const PROJECTS: readonly (readonly [string, Pick<Compile, "h3" | "consumer">])[] = [
  ["h3 1.15", { h3: "h3-v1", consumer: "h3-v1.ts" }],
  ["h3 2.0.8", { h3: "h3-v2", consumer: "h3-v2.ts" }],
  ["no h3", { consumer: "no-h3.ts" }],
];

describe("our declarations compile in a user's strict project, with skipLibCheck off", () => {
  for (const [title, project] of PROJECTS) {
    for (const moduleResolution of ["nodenext", "bundler"] as const) {
      it(`with ${title}, moduleResolution ${moduleResolution}`, async () => {
        const diagnostics = await compile({ ...project, moduleResolution });
        expect(notOfH3(diagnostics)).toEqual([]);
      });
    }

    it(`with ${title} and exactOptionalPropertyTypes`, async () => {
      const moduleResolution = "nodenext";
      const exact = await compile({ ...project, moduleResolution, exactOptionalPropertyTypes: true });
      expect(notOfH3(exact)).toEqual([]);
    });
  }

  it("without h3 there is not a single diagnostic to leave out", async () => {
    expect(await compile({ consumer: "no-h3.ts", moduleResolution: "nodenext" })).toEqual([]);
  });
});

describe("stores compile in a project that has no unstorage", () => {
  for (const moduleResolution of ["nodenext", "bundler"] as const) {
    it(`moduleResolution ${moduleResolution}`, async () => {
      const options = { consumer: "stores.ts", moduleResolution, exactOptionalPropertyTypes: true };
      expect(await compile(options)).toEqual([]);
    });
  }
});

describe("the type of the data is that of the schema", () => {
  const packages = ["zod", "valibot", "arktype"];
  for (const moduleResolution of ["nodenext", "bundler"] as const) {
    it(`of zod, valibot and arktype, moduleResolution ${moduleResolution}`, async () => {
      expect(await compile({ consumer: "schemas.ts", packages, moduleResolution })).toEqual([]);
    });
  }

  it("and what does not fit it is an error, at its line", async () => {
    const options = { consumer: "planted-schemas.ts", packages, moduleResolution: "nodenext" } as const;
    const diagnostics = await compile({ ...options, exactOptionalPropertyTypes: true });
    const where = diagnostics.map(({ file, line }) => `${file}:${line}`);
    expect(where).toEqual([6, 7, 8, 9, 10, 11, 12].map((line) => `planted-schemas.ts:${line}`));
  });
});

describe("the check can fail", () => {
  it("on planted type errors, at their lines", async () => {
    const diagnostics = await compile({ consumer: "planted.ts", moduleResolution: "nodenext" });
    const where = diagnostics.map(({ file, line }) => `${file}:${line}`);
    expect(where).toEqual(["planted.ts:4", "planted.ts:5", "planted.ts:6"]);
  });

  it("on a consumer of h3 where h3 is not installed", async () => {
    const diagnostics = await compile({ consumer: "h3-v2.ts", moduleResolution: "nodenext" });
    expect(notOfH3(diagnostics).map(({ code }) => code)).toContain("TS2307");
  });

  it("on an app for one major with the other one installed", async () => {
    const options = { h3: "h3-v1", consumer: "h3-v2.ts", moduleResolution: "nodenext" } as const;
    expect(notOfH3(await compile(options))).not.toEqual([]);
  });
});
