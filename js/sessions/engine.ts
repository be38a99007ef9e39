/**
 * What `createSessions` and the h3 helpers call: stored sessions without an event. Every function takes what {@link toStored}
 * makes of a configuration, and works on a {@link StoredSession}, the session as one request has it.
 */
export { toStored, type Stored } from "./context.js";
export { createSession } from "./create.js";
export { destroyByCookie, destroySession } from "./destroy.js";
export { cookieOf } from "./ids.js";
export { endSealed, importSealed, type SealedSession } from "./import.js";
export { openById, openSession } from "./open.js";
export { regenerateSession } from "./regenerate.js";
export { extendSession, replaceSession, saveFlash, saveSession } from "./save.js";
export { endedSession, newSession, type StoredSession } from "./state.js";
export { touchSession } from "./touch.js";
