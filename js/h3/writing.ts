import type { Sealer } from "../engine/index.js";
import { sealText } from "../sealing.js";
import type { Call } from "./call.js";
import { readChunkCount } from "./cookies.js";
import { expiryOf } from "./lifetime.js";
import { cookieWriter } from "./session-config.js";
import type { Live } from "./state.js";
import type { Session, SessionConfig } from "./types.js";
import { orUnavailable } from "./unavailable.js";

/** Seals the session and sets its cookie, unless it is cleared before the token is ready. */
export function write(call: Call): void | Promise<void> {
  const { live, exchange, config, sealer } = call;
  const session = live.session;
  // In a WebSocket hook a new session stays one that no cookie holds.
  if (session && config.cookie !== false && !exchange.response) return;
  const wasNew = live.isNew;
  live.isNew = false;
  if (!session || config.cookie === false) return;
  const { sent } = live;
  const failed = (error: unknown): never => {
    // A later text may be in the response by now.
    if (live.session === session && live.sent === sent) live.isNew = wasNew;
    throw error;
  };
  let text = 0;
  try {
    const token = orUnavailable(exchange, () =>
      sealText(sealer, () => {
        live.texts += 1;
        text = live.texts;
        return textOf(session, config);
      }),
    );
    if (!(token instanceof Promise)) return setCookie(call, session, token, text);
    const written = token.then((late) => setCookie(call, session, late, text)).catch(failed);
    if (wasNew) issue(live, written);
    return written;
  } catch (error) {
    return failed(error);
  }
}

/** Whoever asks for the session meanwhile waits for its cookie too, and fails with it. */
function issue(live: Live, written: Promise<void>): void {
  live.issuing = written;
  const ended = (): void => {
    if (live.issuing === written) live.issuing = undefined;
  };
  void written.catch(() => undefined).finally(ended);
}

/** A token that took long must not take the place of one of a later text. */
function setCookie(call: Call, session: Session, token: string, text: number): void {
  const { live, exchange, config, name } = call;
  if (live.session !== session || !exchange.response || text < live.sent) return;
  const chunks = readChunkCount(exchange.header("cookie"), name);
  const writer = cookieWriter(config, name, exchange.major);
  live.staged = writer.write(exchange.response, token, expiryOf(session, config), chunks, live.staged);
  live.sent = text;
  live.isNew = false;
  live.cleared = false;
}

/** The text is made again after every wait, so that the last token always holds all that was written. */
export function seal(sealer: Sealer, session: Session, config: SessionConfig): string | Promise<string> {
  return sealText(sealer, () => textOf(session, config));
}

function textOf(session: Session, config: SessionConfig): string {
  if (config.idleTimeout) session.lastSeenAt = Date.now();
  return JSON.stringify(session);
}
