// What is in a session, for pages and handlers.
declare module "ironkeep/nuxt" {
  interface User {
    name: string;
    /** When, in milliseconds since the epoch. */
    signedInAt: number;
  }

  interface UserSession {
    visits?: number;
  }
}

export type { User, UserSession } from "ironkeep/nuxt";
