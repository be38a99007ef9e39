import { ironkeepError } from "../errors.js";
import { MAX_KEYS, type Ring, type RingKey, sealingKey } from "./ring.js";

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
  readonly dropped: readonly RingKey[];
}

/**
 * Puts a new key in front, which starts to seal when every process has read it: one that just missed it reads it within an
 * interval, and the second interval is for a read that comes late.
 *
 * @throws `ERR_CONFIG` when the id is taken, when the key that seals until then would go, and for a ring that would be too long.
 */
export function rotate(ring: Ring, { key, now, refreshInterval, keep = ring.length }: Rotation): Rotated {
  const added = { ...key, sealFrom: now + 2 * refreshInterval };
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
  return { ring: [added, ...kept], added, dropped: ring.slice(keep) };
}
