import { ironkeepError } from "../../errors.js";
import { type Ip, isIn, type Network, parseNetwork } from "./ip.js";

/** The names that Express has for them. */
const NAMED: ReadonlyMap<string, readonly string[]> = new Map([
  ["loopback", ["127.0.0.0/8", "::1"]],
  ["linklocal", ["169.254.0.0/16", "fe80::/10"]],
  ["uniquelocal", ["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7"]],
]);

/**
 * Reads a list of addresses, networks, and `loopback`, `linklocal` or `uniquelocal`.
 *
 * @param option what the list is called in an error.
 * @throws `ERR_CONFIG` for an entry that is none of these, since it would match nothing.
 */
export function readNetworks(list: unknown, option: string): readonly Network[] {
  if (list === undefined) return [];
  if (!Array.isArray(list)) throw wrong(option);
  return list.flatMap((entry: unknown) => {
    const texts = NAMED.get(entry as string) ?? [entry];
    return texts.map((text) => {
      const network = typeof text === "string" ? parseNetwork(text) : undefined;
      if (!network) throw wrong(option);
      return network;
    });
  });
}

/** Whether one of the networks has the address. */
export function hasIp(networks: readonly Network[], ip: Ip): boolean {
  return networks.some((network) => isIn(network, ip));
}

function wrong(option: string): Error {
  return ironkeepError(
    "ERR_CONFIG",
    `${option}: has to be a list of addresses and networks, such as ["10.0.0.0/8", "2001:db8::/32"], without bits behind the prefix`,
  );
}
