import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { createEvent } from "h3-v1";
import { mockEvent } from "h3-v2";
import { checkOrigin, defineCsrfProtection } from "ironkeep/h3";
import { describe, expect, it } from "vitest";
import { HEADERS, post } from "./_csrf-requests.ts";
import { HOST } from "./_csrf-table.ts";
import { describeMatrix } from "./_matrix.ts";

describeMatrix("the own origin of a CSRF check", (t) => {
  const internal = { host: "10.0.0.7:3000" };
  const proxied = { ...internal, "x-forwarded-host": `${HOST}, proxy.internal`, "x-forwarded-proto": "https, http" };
  const own = HEADERS.ownFetchOfOld;

  it("is the Host alone, whatever is forwarded", async () => {
    t.use(defineCsrfProtection());
    t.route("/transfer", () => "done");
    expect((await t.request("/transfer", post(own, proxied))).status).toBe(403);
    const forged = { ...HEADERS.foreignFormOfOld, "x-forwarded-host": "evil.example" };
    expect((await t.request("/transfer", post(forged))).status).toBe(403);
    expect((await t.request("/transfer", post({ origin: "http://10.0.0.7:3000" }, internal))).text).toBe("done");
  });

  it("is what the proxy says, where the app says so", async () => {
    t.use(defineCsrfProtection({ xForwardedHost: true, xForwardedProto: true }));
    t.route("/transfer", () => "done");
    expect((await t.request("/transfer", post(own, proxied))).text).toBe("done");
    expect((await t.request("/transfer", post({ origin: "http://app.example" }, proxied))).status).toBe(403);
    expect((await t.request("/transfer", post({ origin: "http://10.0.0.7:3000" }, internal))).text).toBe("done");
    const nonsense = { "x-forwarded-proto": "gopher", "x-forwarded-host": "" };
    expect((await t.request("/transfer", post(own, nonsense))).text).toBe("done");
  });
});

describe("the own origin where TLS ends in this process", () => {
  type Headers = Record<string, string>;

  function eventOfV1(headers: Headers, encrypted: boolean) {
    const request = new IncomingMessage(Object.assign(new Socket(), { encrypted }));
    Object.assign(request, { method: "POST", url: "/x", headers });
    return createEvent(request, new ServerResponse(request));
  }

  const EVENTS = {
    "h3 v1": eventOfV1,
    "h3 v2": (headers: Headers, encrypted: boolean) =>
      mockEvent(`${encrypted ? "https" : "http"}://${HOST}/x`, { method: "POST", headers }),
    "an upgrade request": (headers: Headers, encrypted: boolean) => ({
      headers: new Headers({ host: HOST, ...headers }),
      url: `${encrypted ? "wss" : "ws"}://${HOST}/x`,
    }),
  };

  const isRefused = (event: Parameters<typeof checkOrigin>[0]): boolean => {
    try {
      checkOrigin(event);
      return false;
    } catch {
      return true;
    }
  };

  it.each(Object.entries(EVENTS))("is of https alone: %s", (_title, event) => {
    const host = { host: HOST };
    expect(isRefused(event({ ...host, origin: `https://${HOST}` }, true))).toBe(false);
    expect(isRefused(event({ ...host, origin: `http://${HOST}` }, true))).toBe(true);
    expect(isRefused(event({ ...host, origin: `http://${HOST}` }, false))).toBe(false);
  });

  it("is HTTP/2's authority, and the address of the request where there is no Host", () => {
    expect(isRefused(eventOfV1({ ":authority": HOST, origin: `https://${HOST}` }, true))).toBe(false);
    expect(isRefused(eventOfV1({ origin: `https://${HOST}` }, true))).toBe(true);
    expect(isRefused(EVENTS["h3 v2"]({ origin: `https://${HOST}` }, true))).toBe(false);
    const upgrade = { headers: new Headers({ origin: `https://${HOST}` }) };
    expect(isRefused({ ...upgrade, url: `wss://${HOST}/x` } as typeof upgrade)).toBe(false);
    expect(isRefused(upgrade)).toBe(true);
  });
});
