import { seeded } from "../sessions/_sessions.ts";

/** Choices that a seed repeats. */
export function choices(seed: number) {
  const random = seeded(seed);
  const below = (end: number): number => Math.floor(random() * end);
  const shuffle = <T>(list: readonly T[]): T[] => {
    const rest = [...list];
    return list.map(() => rest.splice(below(rest.length), 1)[0] as T);
  };
  return { below, shuffle };
}
