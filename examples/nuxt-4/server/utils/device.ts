const BROWSERS = ["Edg", "Firefox", "Chrome", "Safari"];
const SYSTEMS = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "Linux"];

/** What a list of sessions calls a browser. */
export function deviceOf(userAgent = ""): string {
  const browser = BROWSERS.find((name) => userAgent.includes(name)) ?? "A browser";
  const system = SYSTEMS.find((name) => userAgent.includes(name));
  return system ? `${browser === "Edg" ? "Edge" : browser} on ${system}` : browser;
}
