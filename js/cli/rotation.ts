import { ironkeepError } from "../errors.js";
import { MAX_KEYS, type Ring, type RingKey, sealingKey } from "./ring.js";

/** The latest instant that a date can be, in milliseconds since the epoch. */
const LAST_INSTANT = 8.64e15;

/** How to rotate. Times are in milliseconds. */
export interface Rotation {
  readonly key: { readonly id: string; readonly secret: string };
  readonly now: number;
  /** How often the processes read the ring again. */
  readonly refreshInterval: number;
  /** How many of the old keys stay; all, without it. */
  readonly keep?: number | undefined;
}

/** A ring after a rotation. */
export interface Rotated {
  readonly ring: Ring;
  readonly added: RingKey;
  /** The key that starts so late that the new one had to wait for it. */
  readonly waitsFor: RingKey | undefined;
  readonly dropped: readonly RingKey[];
}

/**
 * Puts a new key in front, which starts to seal when every process has read it: one that just missed it reads it within an
 * interval, and the second interval is for a read that comes late. It also starts after every key that stays, since of two
 * keys the one that starts later seals: an older one would take over from it.
 *
 * @throws `ERR_CONFIG` when the id is taken, when the key that seals until then would go, for a ring that would be too long, and
 * for one with a key that starts at the end of time.
 */
export function rotate(ring: Ring, { key, now, refreshInterval, keep = ring.length }: Rotation): Rotated {
  if (ring.some(({ id }) => id === key.id)) {
    throw ironkeepError("ERR_CONFIG", "The ring has a key with this id already: give another with --id");
  }
  const sealing = sealingKey(ring, now);
  const kept = ring.slice(0, keep);
  if (sealing && !kept.includes(sealing)) {
    throw ironkeepError(
      "ERR_CONFIG",
      `Nothing could seal until the new key does: the key that seals now is number ${ring.indexOf(sealing) + 1}, so --keep ` +
        `takes at least ${ring.indexOf(sealing) + 1}`,
    );
  }
  if (kept.length >= MAX_KEYS) {
    throw ironkeepError("ERR_CONFIG", `The ring would have over ${MAX_KEYS} keys: drop the oldest with --keep`);
  }
  const early = now + 2 * refreshInterval;
  const [latest] = kept.toSorted((a, b) => b.sealFrom - a.sealFrom);
  const waitsFor = latest && latest.sealFrom >= early ? latest : undefined;
  const added = { ...key, sealFrom: waitsFor ? waitsFor.sealFrom + 1 : early };
  if (added.sealFrom > LAST_INSTANT) {
    throw ironkeepError(
      "ERR_CONFIG",
      `Key ${ring.indexOf(latest as RingKey) + 1} has a sealFrom that no key can come after: correct it`,
    );
  }
  return { ring: [added, ...kept], added, waitsFor, dropped: ring.slice(keep) };
}
