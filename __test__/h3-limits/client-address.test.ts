import { BlockList, isIP } from "node:net";
import { type ClientAddressOptions, clientAddress } from "ironkeep/h3";
import { describe, expect, it } from "vitest";
import table from "./addresses.json" with { type: "json" };

const WHOLE = { ipv6Prefix: 128 };

/** An event of h3 1, as far as an address is looked for in it. */
function eventOf(remoteAddress: string | null | undefined, headers: Record<string, string>) {
  return { node: { req: { socket: { remoteAddress: remoteAddress ?? undefined }, headers }, res: {} }, context: {} };
}

/** What is taken of a header that one trusted proxy wrote. */
function through(header: string, value: string, options: ClientAddressOptions = {}) {
  return clientAddress(eventOf(table.socket, { [header]: value }), { trustedHops: 1, header, ...WHOLE, ...options });
}

const rows = <T>(list: readonly unknown[]) => list as readonly T[];
const entries = rows<[string, string | null]>(table.entries);

describe("the client's address", () => {
  it("is tried in more than 300 spellings", () => {
    expect(table.entries.length + table.forwarded.length + table.chains.length).toBeGreaterThan(300);
  });

  it.each(entries)("is taken from the entry %j of X-Forwarded-For: %s", (text, meant) => {
    expect(through("x-forwarded-for", text)).toBe(meant ?? table.socket);
  });

  it.each(rows<[string, string | null]>(table.forwarded))("is taken from the Forwarded %j: %s", (text, meant) => {
    expect(through("forwarded", text)).toBe(meant ?? table.socket);
  });

  it.each(rows<[string | null, number | null, string[] | null, string | null, string | null]>(table.chains))(
    "of a connection from %s with %s hops, proxies %j and the list %j is %s",
    (remote, hops, trustedProxies, list, meant) => {
      const event = eventOf(remote, list === null ? {} : { "x-forwarded-for": list });
      const options = { trustedHops: hops ?? undefined, trustedProxies: trustedProxies ?? undefined, ...WHOLE };
      expect(clientAddress(event, options)).toBe(meant ?? undefined);
      const forwarded = (list ?? "").split(",").map((entry) => `for="${entry.trim()}"`);
      if (list === null || (!hops && trustedProxies === null)) return;
      const other = eventOf(remote, { forwarded: forwarded.join(", "), "x-forwarded-for": "7.7.7.7" });
      expect(clientAddress(other, { ...options, header: "Forwarded" })).toBe(meant ?? undefined);
    },
  );

  it("is one for Node's own reader in the same spellings, and for no others", () => {
    const bare = entries.filter(([text]) => !/^[\s[]|\s$|^[\d.]+:/.test(text));
    expect(bare.length).toBeGreaterThan(100);
    for (const [text, meant] of bare) {
      // Node knows no zone that is percent-encoded or has other signs in it.
      if (/%.*[%~_]/.test(text)) continue;
      expect({ text, isOne: isIP(text) !== 0 }).toEqual({ text, isOne: meant !== null });
    }
  });

  it.each([
    ["2001:db8:1:2:3:4:5:6", undefined, "2001:db8:1:2::/64"],
    ["2001:db8:1:2::", 64, "2001:db8:1:2::/64"],
    ["2001:db8:1:2:3:4:5:6", 48, "2001:db8:1::/48"],
    ["2001:db8:1:ff:3:4:5:6", 56, "2001:db8:1::/56"],
    ["2001:db8:1:2:3:4:5:6", 127, "2001:db8:1:2:3:4:5:6/127"],
    ["2001:db8:1:2:3:4:5:7", 127, "2001:db8:1:2:3:4:5:6/127"],
    ["ffff::1", 1, "8000::/1"],
    ["::ffff:1.2.3.4", 64, "1.2.3.4"],
    ["1.2.3.4", 1, "1.2.3.4"],
  ])("of %s is by %s bits %s", (address, ipv6Prefix, meant) => {
    expect(clientAddress(eventOf(address, {}), { ipv6Prefix })).toBe(meant);
  });

  it("is where Node's BlockList finds it, for each network of the table", () => {
    for (const [text, inside] of rows<[string, string[]]>(table.networks)) {
      const [address = "", length] = text.split("/");
      const family = isIP(address) === 4 ? "ipv4" : "ipv6";
      const list = new BlockList();
      list.addSubnet(address, Number(length ?? (family === "ipv4" ? 32 : 128)), family);
      for (const remote of table.addresses) {
        const event = eventOf(remote, { "x-forwarded-for": "1.1.1.1" });
        const isTrusted = clientAddress(event, { trustedProxies: [text] }) === "1.1.1.1";
        expect({ text, remote, isTrusted }).toEqual({ text, remote, isTrusted: inside.includes(remote) });
        // Node takes ::/0 for all of IPv4 as well, and mapped addresses for IPv6 alone.
        const isAskedAlike = !remote.startsWith("::ffff:") && !address.startsWith("::ffff:") && text !== "::/0";
        const found = list.check(remote, isIP(remote) === 4 ? "ipv4" : "ipv6");
        if (isAskedAlike) expect({ text, remote, found }).toEqual({ text, remote, found: isTrusted });
      }
    }
  });

  it.each(table.noNetworks)("%j is no network, which is an error", (text) => {
    expect(() => clientAddress(eventOf("::1", {}), { trustedProxies: [text] })).toThrow(
      expect.objectContaining({ code: "ERR_CONFIG", message: expect.stringMatching(/^trustedProxies: /) }),
    );
  });

  it.each<[string, unknown]>([
    ["trustedHop", { trustedHop: 1 }],
    ["trustedHops", { trustedHops: -1 }],
    ["trustedHops", { trustedHops: 1.5 }],
    ["trustedHops", { trustedHops: "1" }],
    ["trustedHops", { trustedHops: true }],
    ["trustedHops", { trustedHops: 33 }],
    ["trustedProxies", { trustedProxies: "10.0.0.0/8" }],
    ["trustedProxies", { trustedProxies: [8] }],
    ["ipv6Prefix", { ipv6Prefix: 0 }],
    ["ipv6Prefix", { ipv6Prefix: 129 }],
    ["header", { header: "x forwarded for", trustedHops: 1 }],
    ["header", { header: "forwarded" }],
    ["header", { header: "forwarded", trustedHops: 0 }],
    ["address", null],
  ])("an option that is wrong is an error that names %s", (name, options) => {
    expect(() => clientAddress(eventOf("::1", {}), options as ClientAddressOptions)).toThrow(
      expect.objectContaining({ code: "ERR_CONFIG", message: expect.stringContaining(name) }),
    );
  });
});

describe("hostile headers", () => {
  const MEGABYTE = 1 << 20;

  it.each<[string, string]>([
    ["commas", ",".repeat(MEGABYTE)],
    ["addresses", "6.6.6.6,".repeat(MEGABYTE / 8)],
    ["quotes", '"'.repeat(MEGABYTE)],
    ["open quotes", 'for="\\'.repeat(MEGABYTE / 8)],
    ["semicolons", ";for=".repeat(MEGABYTE / 8)],
    ["brackets", "[".repeat(MEGABYTE)],
    ["colons", ":".repeat(MEGABYTE)],
    ["spaces", " ".repeat(MEGABYTE)],
    ["digits", "1".repeat(MEGABYTE)],
    ["zones", `fe80::1%${"a".repeat(MEGABYTE)}`],
  ])("a megabyte of %s in front changes nothing of what a proxy wrote, and takes no time", (_, junk) => {
    const start = process.cpuUsage();
    for (let round = 0; round < 20; round++) {
      expect(through("x-forwarded-for", `${junk}, 1.1.1.1`)).toBe("1.1.1.1");
      expect(through("forwarded", `${junk}, for=1.1.1.1`)).toBe("1.1.1.1");
      expect(through("x-forwarded-for", junk)).toBe(table.socket);
      expect(through("forwarded", junk)).toBe(table.socket);
      through("x-forwarded-for", `${junk}, 10.0.0.1`, { trustedHops: 32, trustedProxies: ["0.0.0.0/0"] });
    }
    // 100 reads: quadratic work in a megabyte takes minutes.
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(5);
  });
});
