import { ironkeepError } from "../../errors.js";
import { nearest } from "../../nearest.js";
import { type Exchange, toExchange } from "../_h3.js";
import { outerOf } from "../state.js";
import type { HeadersLike, SessionEvent } from "../types.js";
import { forwardedBy } from "./forwarded.js";
import { formatNetwork, type Ip, type Network, networkOf, parseIp } from "./ip.js";
import { hasIp, readNetworks } from "./networks.js";

/** An event, a WebSocket peer, or the request of a WebSocket's `upgrade` hook. */
export type RateLimitEvent = SessionEvent | { readonly headers: HeadersLike };

/** Whose word about the client's address is taken. By default nobody's: it is that of the connection. */
export interface ClientAddressOptions {
  /**
   * How many proxies are in front of the app, from 0 to 32. So many entries of the header, from the right, were written by
   * them. @default 0
   */
  readonly trustedHops?: number | undefined;
  /**
   * The addresses and networks of the proxies, such as `10.0.0.0/8`, or `loopback`, `linklocal` and `uniquelocal`. The client is
   * the first from the right that is none of them. With `trustedHops` both have to hold.
   */
  readonly trustedProxies?: readonly string[] | undefined;
  /**
   * What the proxies write: `x-forwarded-for`, `forwarded` (RFC 7239), or another header with one address. No other one is
   * looked at. @default "x-forwarded-for"
   */
  readonly header?: string | undefined;
  /** How many bits of an IPv6 address are the client: whoever has one has a whole /64. From 1 to 128. @default 64 */
  readonly ipv6Prefix?: number | undefined;
}

/** The options once they are read. */
export interface AddressPolicy {
  readonly hops: number;
  /** `undefined`: whoever is within the hops. */
  readonly proxies: readonly Network[] | undefined;
  readonly header: string;
  readonly ipv6Prefix: number;
}

const KEYS: ReadonlySet<string> = new Set<keyof ClientAddressOptions>([
  "trustedHops",
  "trustedProxies",
  "header",
  "ipv6Prefix",
]);

const HEADER_NAME = /^[\w!#$%&'*+.^`|~-]+$/;
/** More proxies than anybody has. It bounds what is read of a header. */
const MAX_HOPS = 32;

/** Options objects that were read, so that a call in each request reads them once. */
const policies = new WeakMap<object, AddressPolicy>();

/**
 * The address of the client: that of the connection, or what trusted proxies say of it.
 *
 * IPv4 that is mapped into IPv6 is IPv4, a zone is left out, and of IPv6 it is the network, such as `2001:db8:1:2::/64`. Where a
 * trusted proxy wrote no address, or garbage, it is the address of the last one that is known. What the client itself
 * wrote into a header is never taken.
 *
 * @returns `undefined` where the server knows none: in a request that came through no socket, and by a Unix socket.
 * @throws `ERR_CONFIG` for options that do not exist or have the wrong form.
 */
export function clientAddress(event: RateLimitEvent, options: ClientAddressOptions = {}): string | undefined {
  let policy = policies.get(options);
  if (!policy) {
    policy = readAddressOptions(options);
    policies.set(options, policy);
  }
  const client = clientOf(toExchange(event as SessionEvent), policy);
  return client && addressText(client, policy);
}

/** The address as a whole: for lists. What the app asks itself on behalf of a visitor is the visitor's. */
export function clientOf(exchange: Exchange, { hops, proxies, header }: AddressPolicy): Ip | undefined {
  const outer = outerOf(exchange);
  const asked = outer ? toExchange(outer) : exchange;
  const { remoteAddress } = asked;
  let client = remoteAddress === undefined ? undefined : parseIp(remoteAddress);
  const list = hops > 0 ? asked.header(header) : undefined;
  if (list === undefined) return client;
  let left = hops;
  for (const entry of forwardedBy(list, header)) {
    if (left === 0 || !entry || (proxies && !(client && hasIp(proxies, client)))) break;
    client = entry;
    left -= 1;
  }
  return client;
}

/** What stands for the client in a key. */
export function addressText(ip: Ip, { ipv6Prefix }: AddressPolicy): string {
  return formatNetwork(networkOf(ip, ip.version === 6 ? ipv6Prefix : 32));
}

/** @throws `ERR_CONFIG` that names the option. */
export function readAddressOptions(options: ClientAddressOptions): AddressPolicy {
  if (typeof options !== "object" || options === null) throw wrong("address", "an object with options");
  for (const key of Object.keys(options)) if (!KEYS.has(key)) throw unknown(key);
  const { trustedHops, trustedProxies, header = "x-forwarded-for", ipv6Prefix = 64 } = options;
  if (trustedHops !== undefined && !isWhole(trustedHops, 0, MAX_HOPS)) {
    throw wrong("trustedHops", `a whole number from 0 to ${MAX_HOPS}`);
  }
  if (!isWhole(ipv6Prefix, 1, 128)) throw wrong("ipv6Prefix", "a whole number from 1 to 128");
  if (typeof header !== "string" || !HEADER_NAME.test(header)) throw wrong("header", "the name of a header");
  const proxies = trustedProxies === undefined ? undefined : readNetworks(trustedProxies, "trustedProxies");
  const hops = trustedHops ?? (proxies ? MAX_HOPS : 0);
  if (options.header !== undefined && hops === 0) {
    throw wrong("header", "beside `trustedHops` or `trustedProxies`: without them it is not read");
  }
  return { hops, proxies, header: header.toLowerCase(), ipv6Prefix };
}

function isWhole(value: unknown, least: number, most: number): boolean {
  return Number.isInteger(value) && (value as number) >= least && (value as number) <= most;
}

function unknown(key: string): Error {
  const meant = nearest(key, KEYS);
  const advice = meant ? `; did you mean "${meant}"?` : "";
  return ironkeepError("ERR_CONFIG", `The option "${key}" of the client's address does not exist${advice}`);
}

function wrong(name: string, what: string): Error {
  return ironkeepError("ERR_CONFIG", `${name}: has to be ${what}`);
}
