import type { RequestInput } from "./_http.ts";
import { HOST } from "./_csrf-table.ts";

type Headers = Readonly<Record<string, string>>;

/** What browsers send to https://app.example, by what made them. Behind a proxy that ends TLS, as most apps are. */
export const HEADERS = {
  /** A form on another site, sent by a script as the page loads. */
  foreignForm: {
    origin: "https://evil.example",
    "sec-fetch-site": "cross-site",
    "sec-fetch-mode": "navigate",
    "sec-fetch-dest": "document",
    "content-type": "application/x-www-form-urlencoded",
  },
  /** The same by a browser from before Fetch Metadata. */
  foreignFormOfOld: { origin: "https://evil.example", "content-type": "application/x-www-form-urlencoded" },
  /** A form in a sandboxed frame. */
  sandboxedForm: { origin: "null", "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate" },
  /** `fetch` with `mode: "no-cors"`, of another host of the site. */
  sibling: { origin: "https://blog.app.example", "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" },
  /** `fetch` of the app's own page. */
  ownFetch: {
    origin: "https://app.example",
    "sec-fetch-site": "same-origin",
    "sec-fetch-mode": "cors",
    "sec-fetch-dest": "empty",
  },
  /** The same where the proxy in front changes the Host. */
  ownFetchOfOld: { origin: "https://app.example" },
  /** A form of the app's own page under `Referrer-Policy: no-referrer`. */
  ownFormWithoutReferrer: { origin: "null", "sec-fetch-site": "same-origin", "sec-fetch-mode": "navigate" },
  /** A link on another site. */
  foreignLink: { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" },
  /** A WebSocket of another site's page; Chromium sends no Sec-Fetch-Site with it. */
  foreignSocket: { origin: "https://evil.example", connection: "Upgrade", upgrade: "websocket" },
  curl: { "user-agent": "curl/8.5.0", accept: "*/*" },
} as const satisfies Record<string, Headers>;

/** A request to https://app.example. */
export function request(method: string, headers: Headers, more: Headers = {}): RequestInput {
  return { method, headers: { host: HOST, ...headers, ...more } };
}

export const post = (headers: Headers, more: Headers = {}): RequestInput => request("POST", headers, more);

/** The reason of the last error that reached h3's `onError`. */
export function reasonOf(errors: readonly Error[]): unknown {
  return Reflect.get(Object(errors.at(-1)), "reason");
}
