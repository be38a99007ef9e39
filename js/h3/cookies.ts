import { parse, parseSetCookie, serialize, type SetCookie } from "cookie-es";

import { warnOnce } from "../warn.js";
import type { ExchangeResponse, Major } from "./_h3.js";
import { SessionHttpError } from "./http-error.js";
import { serializeLenient } from "./lenient-cookie.js";
import type { SessionCookieOptions } from "./types.js";

/** h3's mark of a cookie whose value is in `name.1`, `name.2` and so on. The count follows. */
const CHUNKED = "__chunked__";
const MAX_CHUNKS = 100;
const DEFAULT_CHUNK_LENGTH = 4000;
/** Node refuses requests with more than 16 KB of headers, with an error that names no cookie. */
const LONG_TOKEN = 8 * 1024;
const EPOCH = new Date(0);

/** The longest of the cookies that a session may need, by which a browser judges whether it takes them. */
export const longestCookie = {
  name: (name: string): string => `${name}.${MAX_CHUNKS}`,
  value: ({ chunkMaxLength }: SessionCookieOptions): number => chunkMaxLength || DEFAULT_CHUNK_LENGTH,
};

/** The session token in a Cookie header, put together from its chunks. */
export function readSessionCookie(header: string | undefined, name: string): string | undefined {
  if (!header?.includes(name)) return undefined;
  const cookies = parse(header, { decode: asWritten, filter: (key) => key === name || key.startsWith(`${name}.`) });
  const main = decode(cookies[name]);
  if (!main?.startsWith(CHUNKED)) return main || undefined;
  const count = chunkCount(main);
  if (!count) return undefined;
  const chunks: string[] = [];
  for (let index = 1; index <= count; index++) {
    const chunk = decode(cookies[`${name}.${index}`]);
    if (!chunk) return undefined;
    chunks.push(chunk);
  }
  return chunks.join("");
}

/** How many chunks the request's cookie has: those that have to be deleted when it gets fewer. */
export function readChunkCount(header: string | undefined, name: string): number {
  // Encoded, the mark hides behind a percent sign.
  if (!header?.includes(CHUNKED) && !header?.includes("%")) return 0;
  const main = decode(parse(header, { decode: asWritten, filter: (key) => key === name })[name]);
  return main?.startsWith(CHUNKED) ? chunkCount(main) : 0;
}

function chunkCount(main: string): number {
  const count = Number.parseInt(main.slice(CHUNKED.length), 10);
  return count > 0 && count <= MAX_CHUNKS ? count : 0;
}

/** Values are decoded once they are chosen: one that is no text costs an exception, and a header can hold thousands. */
const asWritten = (value: string): string => value;

/** Some clients quote values; h3 v1 takes the quotes off, those that are not encoded. */
function decode(value: string | undefined): string | undefined {
  const bare = value?.startsWith('"') ? value.slice(1, -1) : value;
  if (!bare?.includes("%")) return bare;
  try {
    return decodeURIComponent(bare);
  } catch {
    return bare;
  }
}

/** Writes one session's cookie. Made once for a configuration: the attributes are serialised ahead. */
export class CookieWriter {
  readonly #name: string;
  readonly #options: SessionCookieOptions;
  readonly #major: Major;
  readonly #key: string;
  readonly #chunkLength: number;
  readonly #maxBytes: number;
  /** The attributes around the moment that the session expires. */
  readonly #around: readonly [string, string];
  readonly #lasting: string;

  /**
   * @param maxBytes how much of a Cookie header the session may take.
   * @throws TypeError for attributes that no browser takes, as cookie-es does, but for those that h3 v1 allows.
   */
  constructor(name: string, options: SessionCookieOptions, major: Major, maxBytes: number) {
    this.#name = name;
    this.#options = options;
    this.#major = major;
    this.#key = distinctKey(name, options);
    this.#chunkLength = longestCookie.value(options);
    this.#maxBytes = maxBytes;
    this.#lasting = this.#serialize(name, "", {}).slice(name.length + 1);
    const expiring = this.#serialize(name, "", { expires: EPOCH }).slice(name.length + 1);
    const [before, after] = expiring.split(EPOCH.toUTCString());
    this.#around = [before ?? "", after ?? ""];
  }

  /**
   * Sets the cookie, or its chunks, and deletes the chunks of the request's cookie that are left over.
   *
   * @param staged the lines that this session set before in this response; they go.
   * @returns the lines that are set now.
   * @throws `ERR_COOKIE_TOO_LARGE` before anything is set.
   */
  write(
    response: ExchangeResponse,
    token: string,
    expires: Date | undefined,
    previousChunks: number,
    staged: readonly string[],
  ): readonly string[] {
    if (token.length > LONG_TOKEN) {
      warnOnce(
        `The session "${this.#name}" is sealed in over ${LONG_TOKEN} characters. Node refuses requests with more than 16 KB ` +
          "of headers in all: keep less in the session",
      );
    }
    const chunks = this.#split(token);
    const attributes = this.#attributes(expires);
    const cookies: string[] = [];
    const kept = chunks.length > 1 ? chunks.length : 0;
    this.#checkSize(chunks);
    for (let index = kept + 1; index <= previousChunks; index++) cookies.push(this.#delete(index, expires));
    if (kept === 0) {
      cookies.push(`${this.#name}=${chunks[0] ?? ""}${attributes}`);
    } else {
      cookies.push(`${this.#name}=${CHUNKED}${kept}${attributes}`);
      chunks.forEach((chunk, index) => cookies.push(`${this.#name}.${index + 1}=${chunk}${attributes}`));
    }
    return this.#stage(response, cookies, staged);
  }

  /** @throws `ERR_COOKIE_TOO_LARGE` for a token that {@link write} would not set. */
  requireRoom(token: string): void {
    this.#checkSize(this.#split(token));
  }

  /** Deletes the cookie and its chunks; see {@link write}. */
  clear(response: ExchangeResponse, previousChunks: number, staged: readonly string[]): readonly string[] {
    const cookies = Array.from({ length: previousChunks + 1 }, (_, index) => this.#delete(index, undefined));
    return this.#stage(response, cookies, staged);
  }

  /** An index of 0 is the main cookie. */
  #delete(index: number, expires: Date | undefined): string {
    const name = index === 0 ? this.#name : `${this.#name}.${index}`;
    return this.#serialize(name, "", expires ? { expires, ...this.#options, maxAge: 0 } : { maxAge: 0 });
  }

  #attributes(expires: Date | undefined): string {
    if (!expires || this.#options.expires) return this.#lasting;
    return `${this.#around[0]}${expires.toUTCString()}${this.#around[1]}`;
  }

  /** Puts our cookies in the place of what was set before under the same name, domain and path. */
  #stage(response: ExchangeResponse, cookies: readonly string[], staged: readonly string[]): readonly string[] {
    const names = new Set(cookies.map((cookie) => nameOf(cookie)));
    response.setCookies(cookies, (cookie) => staged.includes(cookie) || this.#isSame(cookie, names));
    response.setDefault("cache-control", "no-store");
    return cookies;
  }

  #isSame(cookie: string, names: ReadonlySet<string>): boolean {
    if (!names.has(nameOf(cookie))) return false;
    const parsed = parseSetCookie(cookie);
    // A value over 4096 characters is not parsed, and can only be one of ours.
    return !parsed || distinctKey(this.#name, parsed) === this.#key;
  }

  #split(token: string): string[] {
    // A token holds nothing that needs encoding.
    const { encode } = this.#options;
    if (!encode && token.length <= this.#chunkLength) return [token];
    const chunks: string[] = [];
    for (let start = 0; start < token.length;) {
      let end = Math.min(start + this.#chunkLength, token.length);
      let chunk = token.slice(start, end);
      if (encode) {
        chunk = encode(chunk);
        // Shortens by what is too much, and at least by one character.
        while (chunk.length > this.#chunkLength && end > start) {
          end -= Math.max(1, Math.floor(((end - start) * (chunk.length - this.#chunkLength)) / chunk.length));
          chunk = encode(token.slice(start, end));
        }
      }
      if (end <= start) {
        throw cannotSet(
          this.#name,
          `a single character does not fit in chunkMaxLength (${this.#chunkLength}) once encoded.`,
        );
      }
      chunks.push(chunk);
      if (chunks.length > MAX_CHUNKS) throw cannotSet(this.#name, `value needs more than ${MAX_CHUNKS} chunks.`);
      start = end;
    }
    return chunks;
  }

  /** What the cookies take in a Cookie header, with what is between them. */
  #checkSize(chunks: readonly string[]): void {
    if (this.#maxBytes === Number.POSITIVE_INFINITY) return;
    const pairs = chunks.length > 1 ? [`${this.#name}=${CHUNKED}${chunks.length}`] : [];
    for (const [index, chunk] of chunks.entries()) {
      pairs.push(`${chunks.length > 1 ? `${this.#name}.${index + 1}` : this.#name}=${chunk}`);
    }
    const bytes = pairs.join("; ").length;
    if (bytes <= this.#maxBytes) return;
    throw new SessionHttpError(
      500,
      "Server Error",
      `The session "${this.#name}" would take ${bytes} bytes of a Cookie header, over maxCookieBytes (${this.#maxBytes}): ` +
        "keep less in the session",
      "ERR_COOKIE_TOO_LARGE",
    );
  }

  #serialize(name: string, value: string, more: SessionCookieOptions): string {
    const { encode: _encode, chunkMaxLength: _chunkMaxLength, ...options } = this.#options;
    const cookie = { name, value, path: "/", ...more, ...options, ...(more.maxAge === 0 && { maxAge: 0 }) };
    try {
      return serialize(cookie as SetCookie);
    } catch (error) {
      if (this.#major === 2 || !(error instanceof TypeError)) throw error;
      // The rules of cookies have warned about it.
      return serializeLenient(cookie);
    }
  }
}

function nameOf(cookie: string): string {
  return cookie.slice(0, cookie.indexOf("="));
}

function distinctKey(name: string, options: { domain?: unknown; path?: unknown; partitioned?: unknown }): string {
  const domain = String(options.domain ?? "")
    .replace(/^\./, "")
    .toLowerCase();
  return [name, domain, options.path || "/", options.partitioned ? "1" : "0"].join(";");
}

function cannotSet(name: string, reason: string): SessionHttpError {
  return new SessionHttpError(
    500,
    "Server Error",
    `Cannot set chunked cookie "${name}": ${reason}`,
    "ERR_COOKIE_TOO_LARGE",
  );
}
