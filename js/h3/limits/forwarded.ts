import { type Ip, parseIp } from "./ip.js";

/** `192.0.2.1:80`, `[2001:db8::1]:80`, `[2001:db8::1]`. RFC 7239 lets proxies hide ports, too. */
const WITH_PORT = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(?:\d{1,5}|_[\w.-]+))?$/;
/** One pair of an element of `Forwarded`. */
const FOR = /^\s*for\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))\s*$/i;
/** The pairs of an element. A quoted text may hold what separates them. */
const PAIRS = /(?:"(?:[^"\\]|\\.)*"|[^;])+/g;
/** Longer than what proxies write about one connection. */
const MAX_ENTRY = 1024;

/**
 * The entries of `X-Forwarded-For`, or of `Forwarded`, from the right: each proxy adds who asked it, so the nearest one's comes
 * first. Of an entry that is no address `undefined` is given.
 *
 * Nothing that stands further left has a say in how an entry is read: that is what the client itself can write.
 */
export function* forwardedBy(list: string, header: string): Generator<Ip | undefined> {
  const [read, commaBefore] = header === "forwarded" ? [parseElement, bareCommaBefore] : [parseNode, anyCommaBefore];
  let end = list.length;
  while (end >= 0) {
    const comma = commaBefore(list, end);
    yield end - comma > MAX_ENTRY ? undefined : read(list.slice(comma + 1, end).trim());
    end = comma;
  }
}

function anyCommaBefore(list: string, end: number): number {
  return end === 0 ? -1 : list.lastIndexOf(",", end - 1);
}

/**
 * A proxy may quote what the client chose, such as the host, and a comma in that is none. Read from the right, a quote that the
 * client opened further left is not seen.
 */
function bareCommaBefore(list: string, end: number): number {
  let isQuoted = false;
  const least = Math.max(end - MAX_ENTRY - 1, 0);
  for (let at = end - 1; at >= least; at--) {
    if (list[at] === '"' && !isEscaped(list, at)) isQuoted = !isQuoted;
    else if (list[at] === "," && !isQuoted) return at;
  }
  // Too long to be read, or the first.
  return -1;
}

function isEscaped(list: string, at: number): boolean {
  let backslashes = 0;
  while (list[at - backslashes - 1] === "\\") backslashes += 1;
  return backslashes % 2 === 1;
}

/** An address as proxies write it: with a port or without, with brackets or without. */
function parseNode(text: string): Ip | undefined {
  const [, bracketed, plain] = WITH_PORT.exec(text) ?? [];
  if (bracketed !== undefined) return bracketed.includes(":") ? parseIp(bracketed) : undefined;
  return parseIp(plain ?? text);
}

/** An element of `Forwarded`, such as `for="[2001:db8::1]:80";proto=https`. */
function parseElement(text: string): Ip | undefined {
  const found = (text.match(PAIRS) ?? []).flatMap((pair) => {
    const [, quoted, token] = FOR.exec(pair) ?? [];
    return quoted === undefined ? (token ?? []) : quoted.replaceAll(/\\(.)/g, "$1");
  });
  const [node] = found;
  return found.length === 1 && node !== undefined ? parseNode(node) : undefined;
}
