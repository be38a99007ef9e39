import type { SessionCookieOptions } from "./types.js";

/** What a header can carry: everything but control characters. */
const FIELD_CONTENT = /^[\t\x20-\x7e\x80-\xff]*$/;
const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase();

/**
 * Serialises a cookie whose attributes cookie-es 3 refuses and cookie-es 1, h3 v1's, takes: `SameSite=None` without
 * `Secure`, `__Host-` with a domain, a name with a space. Browsers may still refuse it.
 *
 * @throws TypeError for what no header can carry.
 */
export function serializeLenient(cookie: SessionCookieOptions & { name: string; value: string }): string {
  const { maxAge, domain, path, expires, httpOnly, secure, priority, sameSite, partitioned } = cookie;
  if (maxAge !== undefined && !Number.isFinite(maxAge)) throw new TypeError("option maxAge is invalid");
  const parts = [`${cookie.name}=${cookie.value}`];
  if (maxAge !== undefined) parts.push(`Max-Age=${Math.floor(maxAge)}`);
  if (domain) parts.push(`Domain=${domain}`);
  if (path) parts.push(`Path=${path}`);
  if (expires) parts.push(`Expires=${expires.toUTCString()}`);
  if (httpOnly) parts.push("HttpOnly");
  if (secure) parts.push("Secure");
  if (priority) parts.push(`Priority=${capitalize(priority)}`);
  if (sameSite) parts.push(`SameSite=${sameSite === true ? "Strict" : capitalize(sameSite)}`);
  if (partitioned) parts.push("Partitioned");
  const text = parts.join("; ");
  if (
    cookie.name === "" ||
    /[=;]/.test(cookie.name) ||
    parts.some((part) => part.includes(";")) ||
    !FIELD_CONTENT.test(text)
  ) {
    throw new TypeError("The session's cookie has a name or an attribute that no header can carry");
  }
  return text;
}
