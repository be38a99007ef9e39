import { answerUserSession } from "ironkeep/nuxt/server";

import { defineEventHandler } from "#imports";

import { exposed } from "../exposed.js";

/** What the browser may know of its session. */
export default defineEventHandler((event) => answerUserSession(event, exposed()));
