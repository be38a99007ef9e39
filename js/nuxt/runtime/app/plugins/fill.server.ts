import { defineNuxtPlugin, useNuxtApp } from "#imports";

import type { UserSessionComposable } from "../composables/use-user-session.js";

/** Fills `useUserSession()` before a page is rendered. */
export default defineNuxtPlugin({
  name: "ironkeep:fill",
  enforce: "pre",
  dependsOn: ["ironkeep:session"],
  async setup(nuxtApp) {
    const { fetch } = useNuxtApp()["$ironkeep"] as Pick<UserSessionComposable, "fetch">;
    // The page that shows an outage must not fail for the same outage.
    await fetch().catch((error: unknown) => {
      if (!nuxtApp.ssrContext?.error) throw error;
    });
  },
});
