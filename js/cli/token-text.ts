import { parse } from "cookie-es";

import { ironkeepError } from "../errors.js";
import { readChunkCount, readSessionCookie } from "../h3/cookies.js";
import { looksLikeToken } from "./token.js";

/** A token as it was found in a text. */
export interface FoundToken {
  readonly token: string;
  /** Over how many cookies it was spread; 0 for one that was not. */
  readonly chunks: number;
  /** What iron-session puts behind its tokens, such as `~2`. The helpers want the token without it. */
  readonly suffix: string;
}

/** `Cookie:` and `Set-Cookie:`, also as curl shows them. */
const HEADER = /^[<>]?\s*(?<set>set-)?cookie:\s*/i;
const CHUNK_MARK = /^"?__chunked__/;

/**
 * Finds the token of a session in what was pasted: a token alone, a Cookie header, or one Set-Cookie line or more, with the
 * chunks that they hold.
 *
 * @throws `ERR_SEAL_INVALID` when there is none. The message names other cookies only where they hold a token.
 */
export function findToken(text: string, name: string): FoundToken {
  const bare = text.trim().replace(/^"/, "");
  if (looksLikeToken(bare)) {
    const [token = ""] = bare.split(/[";]/);
    return withoutSuffix(token.trim(), 0);
  }
  const header = toCookieHeader(text);
  const token = readSessionCookie(header, name);
  if (token !== undefined && looksLikeToken(token)) return withoutSuffix(token, readChunkCount(header, name));
  const announced = readChunkCount(header, name);
  throw ironkeepError(
    "ERR_SEAL_INVALID",
    announced > 0 ? missingChunks(header, name, announced) : notFound(header, name),
  );
}

/** One Cookie header of several lines. Of a Set-Cookie line the first pair is the cookie, and the last line of a name holds. */
function toCookieHeader(text: string): string {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  const pairs = lines.map((line) => {
    const rest = line.replace(HEADER, "");
    const isSet = HEADER.exec(line)?.groups?.["set"] !== undefined;
    return isSet ? (rest.split(";")[0] ?? "") : rest;
  });
  return pairs.toReversed().join("; ");
}

function withoutSuffix(text: string, chunks: number): FoundToken {
  const [, token = text, suffix = ""] = /^(Fe26\.2\*.*?)(~\d+)$/s.exec(text) ?? [];
  return { token, chunks, suffix };
}

function missingChunks(header: string, name: string, announced: number): string {
  const cookies = parse(header);
  const numbers = Array.from({ length: announced }, (_, index) => index + 1);
  const missing = numbers.filter((number) => !cookies[`${name}.${number}`]);
  return `The session's cookie says that it has ${announced} chunks, and these are missing: ${missing.join(", ")}`;
}

function notFound(header: string, name: string): string {
  const others = Object.entries(parse(header))
    .filter(([other, value]) => other !== name && (looksLikeToken(value ?? "") || CHUNK_MARK.test(value ?? "")))
    .map(([other]) => other)
    .filter((other) => /^[\w-]{1,64}$/.test(other));
  const advice =
    others.length > 0
      ? `these cookies look like sessions: ${others.join(", ")}. Pick one with --name`
      : "a token starts with Fe26.2* or ik1., and a cookie is found by --name, which is h3 by default";
  return `There is no token in this: ${advice}`;
}
