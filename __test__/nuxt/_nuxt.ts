import type ironkeep from "ironkeep/nuxt";

type Nuxt = Parameters<typeof ironkeep>[1];
type Hook = (argument: never) => void;

/** What the tests look at of an instance of Nuxt. */
export interface FakeNuxt {
  readonly nuxt: Nuxt;
  /** What a hook is called with, and has changed, once all were called. */
  called<T extends object>(name: string, argument: T): T;
}

/** Nuxt while it is set up, as far as a module sees it. */
export function fakeNuxt(options: object = {}, version = "4.5.2"): FakeNuxt {
  const hooks: [string, Hook][] = [];
  const nuxt = {
    _version: version,
    options: {
      dev: false,
      rootDir: "/nowhere",
      plugins: [],

      runtimeConfig: {},
      ...options,
    },
    hook: (name: string, hook: Hook) => hooks.push([name, hook]),
  };
  return {
    nuxt: nuxt as unknown as Nuxt,
    called(name, argument) {
      for (const [hook, run] of hooks) if (hook === name) run(argument as never);
      return argument;
    },
  };
}
