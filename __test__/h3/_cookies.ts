/** One Set-Cookie line, taken apart without decoding anything: what is compared is what was sent. */
export interface SetCookie {
  readonly line: string;
  readonly name: string;
  readonly value: string;
  /** Attribute names in lower case, in the order they were sent. */
  readonly attributes: ReadonlyMap<string, string>;
}

export function parseSetCookie(line: string): SetCookie {
  const [pair = "", ...rest] = line.split(";");
  const [name, value] = splitPair(pair);
  const attributes = new Map<string, string>();
  for (const part of rest) {
    const [key, attribute] = splitPair(part);
    attributes.set(key.toLowerCase(), attribute);
  }
  return { line, name, value, attributes };
}

/** A deletion as h3 2 writes it: no value and `Max-Age=0`. */
export function isDeletion(cookie: SetCookie): boolean {
  return cookie.value === "" && cookie.attributes.get("max-age") === "0";
}

export function expiresOf(cookie: SetCookie): number | undefined {
  const expires = cookie.attributes.get("expires");
  return expires === undefined ? undefined : Date.parse(expires);
}

function splitPair(text: string): [string, string] {
  const at = text.indexOf("=");
  return at === -1 ? [text.trim(), ""] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}
