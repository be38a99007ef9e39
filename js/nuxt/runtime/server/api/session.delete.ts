import { answerSignOut } from "ironkeep/nuxt/server";

import { defineEventHandler } from "#imports";

/** Ends the session of the browser. */
export default defineEventHandler((event) => answerSignOut(event));
