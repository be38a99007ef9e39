/** Whether it can be listened to, and let go of: one that cannot would fail where nobody could catch that. */
export function isSignal(signal: unknown): signal is AbortSignal {
  if (typeof signal !== "object" || signal === null) return false;
  const { addEventListener, removeEventListener } = signal as Partial<AbortSignal>;
  return typeof addEventListener === "function" && typeof removeEventListener === "function";
}
