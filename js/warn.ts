/** Bounds the memory of warnings whose text depends on the app, such as one for each route. */
const MAX_REMEMBERED = 1000;
const warned = new Set<string>();

/** Emits a process warning, once for each text. The text must hold no secret, token, id or session data. */
export function warnOnce(message: string): void {
  if (warned.has(message) || warned.size >= MAX_REMEMBERED) return;
  warned.add(message);
  if (typeof process !== "undefined" && typeof process.emitWarning === "function") {
    process.emitWarning(message, { type: "IronkeepWarning" });
  } else {
    console.warn(`[ironkeep] ${message}`);
  }
}
