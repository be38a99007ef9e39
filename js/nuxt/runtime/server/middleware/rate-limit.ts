import { defineEventHandler } from "#imports";

import { limited } from "../limits.js";

/** Counts the requests of routes that have a limit in `routeRules`. */
export default defineEventHandler((event) => limited(event));
