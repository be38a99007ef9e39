/** What is a warning, or an error in strict mode, and what either says. */
export const FAULTY: Record<string, readonly [config: object, says: RegExp]> = {
  "a misspelt option": [{ maxage: 60 }, /"maxage" does not exist.*did you mean "maxAge"/],
  "a misspelt attribute": [{ cookie: { samesite: "strict" } }, /cookie option "samesite".*did you mean "sameSite"/],
  "__Host- with a domain": [{ name: "__Host-a", cookie: { domain: "example.com" } }, /__Host-.*no Domain/],
  "__Host-Http- that scripts can read": [{ name: "__Host-Http-a", cookie: { httpOnly: false } }, /HttpOnly/],
  "SameSite=None without Secure": [{ name: "none", cookie: { sameSite: "none", secure: false } }, /demands Secure/],
  "Partitioned without Secure": [{ name: "part", cookie: { partitioned: true, secure: false } }, /demands Secure/],
  "a name with a space": [{ name: "my session", sessionHeader: false }, /token/],
  "a session of two years": [{ name: "long", maxAge: 2 * 365 * 24 * 3600 }, /400 days/],
  "chunks over 4096 bytes": [{ name: "large", cookie: { chunkMaxLength: 4096 } }, /4096/],
  "a path over 1024 bytes": [{ name: "path", cookie: { path: `/${"p".repeat(1024)}` } }, /1024/],
};
