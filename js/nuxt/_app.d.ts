// What only a Nuxt app has, as far as the files under runtime/ use it. The bundler of the app resolves it.

declare module "vue" {
  export interface Ref<T> {
    value: T;
  }
  export interface ComputedRef<T> {
    readonly value: T;
  }
}

declare module "#imports" {
  import type { ComputedRef, Ref } from "vue";

  interface NuxtApp {
    readonly payload: { serverRendered?: boolean };
    readonly $config: { readonly app: { readonly baseURL: string } };
    readonly ssrContext?: { readonly error?: unknown };
    hook(name: "app:suspense:resolve", run: () => void): void;
    provide(name: string, value: unknown): void;
  }

  interface H3Event {
    readonly path: string;
    node: { readonly req: object; readonly res: object };
    context: Record<string, unknown>;
  }

  interface NitroApp {
    readonly hooks: { hook(name: "request", run: (event: H3Event) => void): void };
    readonly h3App: { readonly stack: { route: string; handler: unknown }[] };
  }

  // In the app.
  export function computed<T>(get: () => T): ComputedRef<T>;
  export function defineNuxtPlugin(
    plugin:
      | ((app: NuxtApp) => void)
      | { name: string; enforce?: "pre"; dependsOn?: string[]; setup(app: NuxtApp): void | Promise<void> },
  ): unknown;
  export function useNuxtApp(): Record<string, unknown>;
  export function useRequestEvent(): H3Event | undefined;
  export function useState<T>(key: string, initial?: () => T): Ref<T>;
  export function $fetch<T>(path: string, options?: { method?: string; cache?: string; retry?: false }): Promise<T>;

  // On the server.
  export function defineEventHandler<T>(handler: (event: H3Event) => T): unknown;
  export function defineNitroPlugin(plugin: (app: NitroApp) => void): unknown;
  export function getRouteRules(event: Pick<H3Event, "context" | "path">): object;
  export function setResponseHeaders(event: H3Event, headers: Readonly<Record<string, string>>): void;
  export function useRuntimeConfig(event?: object): Record<string, unknown>;
}

declare module "nitropack/types" {
  // Has the rules of Ironkeep added.
  export interface NitroRouteConfig {}
  export interface NitroRouteRules {}
}

interface ImportMeta {
  readonly dev?: boolean;
  /** Whether pages are rendered while the app is built. */
  readonly prerender?: boolean;
}
