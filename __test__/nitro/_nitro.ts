import type { NitroLike } from "ironkeep/nitro";

/** Nitro's form of a preset. */
export interface Preset {
  from: string;
  imports: (string | { name: string; typeFrom: string })[];
  priority?: number;
}

/** What is imported by a preset. */
export const namesOf = ({ imports }: Preset): string[] =>
  imports.map((one) => (typeof one === "string" ? one : one.name));

/** What the tests look at of an instance. */
export interface FakeNitro extends NitroLike {
  readonly options: NitroLike["options"] & {
    runtimeConfig: { session?: Record<string, unknown> };
    imports: false | { presets: Preset[] };
    externals?: { external: unknown[] };
    traceDeps?: unknown[];
  };
  /** What was logged. */
  readonly logged: string[];
  /** Calls the hooks of this name. */
  call(name: string): void;
}

type Parts = Partial<Omit<FakeNitro["options"], "plugins" | "virtual">>;

function fake(meta: NitroLike["meta"], parts: Parts): FakeNitro {
  const logged: string[] = [];
  const hooks: [string, () => void][] = [];
  return {
    ...(meta && { meta }),
    options: { preset: "node-server", runtimeConfig: {}, imports: false, ...parts, plugins: [], virtual: {} },
    logger: { info: (message) => void logged.push(message) },
    hooks: { hook: (name, callback) => hooks.push([name, callback]) },
    logged,
    call: (name) => {
      for (const [hook, callback] of hooks) if (hook === name) callback();
    },
  };
}

/** nitropack 2 while it builds, as far as a module sees it. */
export function nitropack2(parts: Parts = {}): FakeNitro {
  return fake({ majorVersion: 2 }, { imports: { presets: [] }, externals: { external: [] }, ...parts });
}

/** Nitro 3 while it builds. */
export function nitro3(parts: Parts = {}): FakeNitro {
  return fake({ majorVersion: 3 }, { traceDeps: [], ...parts });
}

/** Nitro 3.0.0, which tells its version in its options alone. */
export function nitro300(parts: Parts = {}): FakeNitro {
  return fake(undefined, { framework: { name: "nitro", version: "3.0.0" }, ...parts });
}
