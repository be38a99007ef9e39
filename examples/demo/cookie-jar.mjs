/** A browser's cookie jar for one origin, as far as the demo needs it: on http://localhost it takes Secure cookies. */
export class CookieJar {
  #cookies = new Map();

  /** The Cookie header to send, if there is anything to send. */
  get header() {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ") || undefined;
  }

  get(name) {
    return this.#cookies.get(name);
  }

  set(name, value) {
    this.#cookies.set(name, value);
  }

  /** Takes the Set-Cookie headers of a response. */
  store(setCookies) {
    for (const line of setCookies) {
      const [pair, ...attributes] = line.split("; ");
      const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
      if (attributes.some((attribute) => isPast(attribute))) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }
}

function isPast(attribute) {
  const [key, value] = attribute.split("=");
  if (key.toLowerCase() === "max-age") return Number(value) <= 0;
  return key.toLowerCase() === "expires" && Date.parse(value) <= Date.now();
}
