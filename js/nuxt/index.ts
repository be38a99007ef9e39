/**
 * The Nuxt module: sessions of `runtimeConfig.session` in every handler, `useUserSession()` in every component.
 *
 * @module
 */
export { default } from "./module.js";
export type { ModuleOptions } from "./options.js";
export type { RouteLimit, RouteLimitOptions, RouteRule } from "./route-limits.js";

/**
 * What pages know of who is signed in: the session's `data.user`. An app says what is in it:
 *
 * ```ts
 * declare module "ironkeep/nuxt" {
 *   interface User {
 *     name: string;
 *   }
 * }
 * ```
 */
export interface User {}

/** What reaches the browser: `user`, and what the module's `expose` names. An app adds to it as to {@link User}. */
export interface UserSession {
  user?: User;
}
