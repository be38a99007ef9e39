import { ironkeepError } from "../errors.js";
import { isKeyring } from "../sealers.js";
import { cookieWriter, sessionHeader, sessionName, sessionSealer } from "./session-config.js";
import { isStored, storedOf } from "./stored/call.js";
import type { SessionConfig } from "./types.js";

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;

/** On h3 2 every request would fail for it. On h3 1 no request has such a header, which is refused where the app asked for it. */
function checkHeader(config: SessionConfig, major: 1 | 2): void {
  const isGiven = config.sessionHeader !== undefined;
  const header = sessionHeader(config, sessionName(config));
  if (header === undefined || HEADER_NAME.test(header) || (major === 1 && !isGiven)) return;
  const reason = isGiven
    ? "sessionHeader: has to be the name of a header, or false"
    : "name: has to make the name of a header, or set sessionHeader to one, or to false";
  throw ironkeepError("ERR_CONFIG", reason);
}

/**
 * Looks at a configuration before the first request comes.
 *
 * @throws `ERR_CONFIG` and `ERR_KEY_WEAK` for one that cannot work.
 */
export function checkSession(config: SessionConfig, major: 1 | 2): void {
  if (isStored(config)) storedOf(config);
  else {
    const sealer = sessionSealer(config, major);
    // What a seal would be refused for is known before a key is derived for it. A ring's depends on its keys, and on the time.
    if (!isKeyring(config.password)) sealer.trySeal("{}", Date.now());
  }
  checkHeader(config, major);
  if (config.cookie !== false) cookieWriter(config, sessionName(config), major);
}
