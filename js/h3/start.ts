import { cookieWriter, sessionName, sessionSealer } from "./session-config.js";
import { isStored, storedOf } from "./stored/call.js";
import type { SessionConfig } from "./types.js";

/**
 * Looks at a configuration before the first request comes.
 *
 * @throws `ERR_CONFIG` and `ERR_KEY_WEAK` for one that cannot work.
 */
export function checkSession(config: SessionConfig, major: 1 | 2): void {
  if (isStored(config)) storedOf(config);
  else sessionSealer(config, major);
  if (config.cookie !== false) cookieWriter(config, sessionName(config), major);
}
