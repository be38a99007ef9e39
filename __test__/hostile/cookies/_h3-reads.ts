// What h3's own functions read in a Cookie header.

import { parseCookies as parseAsV1 } from "h3-v1";
import { deleteChunkedCookie, getChunkedCookie, getCookie, type H3Event } from "h3-v2";

/** An event of which these functions see the headers alone. A `Headers` could not hold what no server lets through. */
function v2Event(cookie: string): H3Event {
  return { req: { headers: { get: () => cookie } }, res: { headers: new Headers() } } as unknown as H3Event;
}

/** The cookie's value as h3 2.0.8 puts it together. */
export const h3Reads = (cookie: string, name: string): string | undefined => getChunkedCookie(v2Event(cookie), name);

/** The value of one cookie, which can be the mark of chunks. */
export const h3ReadsOne = (cookie: string, name: string): string | undefined => getCookie(v2Event(cookie), name);

/** How many chunks h3 2.0.8 deletes with the cookie. */
export function h3Deletes(cookie: string, name: string): number {
  const event = v2Event(cookie);
  deleteChunkedCookie(event, name, { secure: true });
  return event.res.headers.getSetCookie().length - 1;
}

/** White space that h3 1 takes off around a value, and h3 2 does not. */
const ODD_SPACES = [..."\r\n\v\f\u00A0\u2028\u2029\uFEFF"];
const STAND_INS = ODD_SPACES.map((_, index) => String.fromCodePoint(0xe000 + index));

function exchanged(text: string, from: readonly string[], to: readonly string[]): string {
  return from.reduce((made, character, index) => made.replaceAll(character, to[index] ?? ""), text);
}

/** A header in which h3 2 reads the values that h3 1 reads in this one, without their quotes. */
export function asV1Reads(header: string): string {
  const cookie = exchanged(header, ODD_SPACES, STAND_INS);
  const event = { node: { req: { headers: { cookie } } } } as unknown as Parameters<typeof parseAsV1>[0];
  const cookies = Object.entries(parseAsV1(event));
  const written = cookies.map(([name, value]) => `${name}=${value.replaceAll(/[%;\s]/g, encodeURIComponent)}`);
  return exchanged(written.join("; "), STAND_INS, ODD_SPACES);
}
