// The options of a sealer of the addon itself, as these tests vary them. Every field that the addon asks for stands here alone.

/** Both halves, with so many iterations. */
export function halves(iterations) {
  const half = { saltBits: 256, iterations, minPasswordLength: 32 };
  return { encryption: { ...half, algorithm: "aes-256-cbc" }, integrity: { ...half, algorithm: "sha256" } };
}

/** Everything beside the halves. */
export const EXTRAS = {
  ttl: 0,
  skew: 60_000,
  offset: 0,
  alsoOpens: [8192],
  epochSalts: true,
  maxTokenLength: 65_536,
  format: "iron",
  acceptIronUntil: 0,
  compress: false,
  purpose: "session",
  name: "h3",
  audience: "",
};

/** A sealer with the calls of every request, as the package has it. */
export const withCalls = (sealer) => Object.assign(sealer, sealer.calls());

/** One password for both halves. */
export const passwordForm = (password) => ({
  form: "positional",
  passwords: [{ encryption: password, integrity: password }],
});
