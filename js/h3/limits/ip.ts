/** An IP address: two groups of 16 bits, or eight. One of IPv4 that was mapped into IPv6 is one of IPv4. */
export interface Ip {
  readonly version: 4 | 6;
  readonly groups: readonly number[];
}

/** All addresses that begin with the same bits. */
export interface Network extends Ip {
  /** How many bits that are. */
  readonly prefix: number;
}

/** The longest address has 45 characters, and a zone behind it is the name of an interface. */
const MAX_LENGTH = 128;
/** As inet_pton reads it. With leading zeros some take the number for octal. */
const IPV4 = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/;
const GROUP = /^[\da-f]{1,4}$/i;
const ZONE = /^[\w.~%-]+$/;
const BITS = 16;

/** Reads an address, without its zone: that names an interface of whoever wrote it. `undefined` for what is none. */
export function parseIp(text: string): Ip | undefined {
  const groups = parseGroups(text);
  return groups && unmapped({ version: groups.length === 2 ? 4 : 6, groups, prefix: groups.length * BITS });
}

/**
 * Reads a network such as `10.0.0.0/8` or `2001:db8::/32`, or an address as the network of itself.
 *
 * `undefined` for what is none, and where bits behind the prefix are set: then one of the two is not what was meant.
 */
export function parseNetwork(text: string): Network | undefined {
  const [address = "", length, ...more] = text.split("/");
  const groups = address.includes("%") ? undefined : parseGroups(address);
  if (!groups || more.length > 0) return undefined;
  const bits = groups.length * BITS;
  if (length !== undefined && !/^(0|[1-9]\d{0,2})$/.test(length)) return undefined;
  const prefix = length === undefined ? bits : Number(length);
  if (prefix > bits || masked(groups, prefix).some((group, index) => group !== groups[index])) return undefined;
  return unmapped({ version: bits === 32 ? 4 : 6, groups, prefix });
}

/** The network of an address that has so many bits in common. */
export function networkOf({ version, groups }: Ip, prefix: number): Network {
  return { version, groups: masked(groups, prefix), prefix };
}

/** Whether an address is in a network. */
export function isIn(network: Network, ip: Ip): boolean {
  if (network.version !== ip.version) return false;
  let left = network.prefix;
  for (const [index, group] of network.groups.entries()) {
    if (left <= 0) return true;
    const other = ip.groups[index] ?? 0;
    if (((group ^ other) & maskOf(left)) !== 0) return false;
    left -= BITS;
  }
  return true;
}

/** An address as RFC 5952 writes it. */
export function formatIp({ version, groups }: Ip): string {
  if (version === 4) return groups.flatMap((group) => [group >> 8, group & 0xff]).join(".");
  const { start, length } = longestZeros(groups);
  if (length < 2) return hexText(groups);
  return `${hexText(groups.slice(0, start))}::${hexText(groups.slice(start + length))}`;
}

/** A network with its prefix, or an address where the network has no other. */
export function formatNetwork(network: Network): string {
  const address = formatIp(network);
  return network.prefix < network.groups.length * BITS ? `${address}/${network.prefix}` : address;
}

function hexText(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(":");
}

function parseGroups(text: string): readonly number[] | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): readonly number[] | undefined {
  const bytes = IPV4.exec(text)?.slice(1).map(Number);
  if (!bytes || bytes.some((byte) => byte > 255)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = bytes;
  return [(a << 8) | b, (c << 8) | d];
}

function parseIpv6(text: string): readonly number[] | undefined {
  const zone = text.indexOf("%");
  if (zone >= 0 && !ZONE.test(text.slice(zone + 1))) return undefined;
  const halves = (zone < 0 ? text : text.slice(0, zone)).split("::");
  if (halves.length > 2) return undefined;
  // Only the last group of all may be an address of IPv4.
  const [head, tail] = halves.map((half, index) => parseHalf(half, index === halves.length - 1));
  if (!head) return undefined;
  if (halves.length === 1) return head.length === 8 ? head : undefined;
  if (!tail || head.length + tail.length > 7) return undefined;
  return [...head, ...Array.from({ length: 8 - head.length - tail.length }, () => 0), ...tail];
}

function parseHalf(half: string, isLast: boolean): readonly number[] | undefined {
  if (half === "") return [];
  const parts = half.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    const embedded = isLast && index === parts.length - 1 ? parseIpv4(part) : undefined;
    if (embedded) groups.push(...embedded);
    else if (GROUP.test(part)) groups.push(Number.parseInt(part, 16));
    else return undefined;
  }
  return groups;
}

/** `::ffff:0:0/96` is how a socket for both kinds shows addresses of IPv4. */
function unmapped(network: Network): Network {
  const { groups, prefix } = network;
  const isMapped =
    groups.length === 8 && prefix >= 96 && groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  return isMapped ? { version: 4, groups: groups.slice(6), prefix: prefix - 96 } : network;
}

function masked(groups: readonly number[], prefix: number): readonly number[] {
  return groups.map((group, index) => group & maskOf(prefix - index * BITS));
}

/** Of one group: its first bits. */
function maskOf(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= BITS ? 0xffff : (0xffff << (BITS - bits)) & 0xffff;
}

function longestZeros(groups: readonly number[]): { readonly start: number; readonly length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}
