const enabled = typeof process !== "undefined" && /\bironkeep\b/.test(process.env["NODE_DEBUG"] ?? "");

/** Writes a line to the console when `NODE_DEBUG` names `ironkeep`: reasons that no response may tell. */
export function debug(message: string): void {
  if (enabled) console.error(`IRONKEEP ${message}`);
}
