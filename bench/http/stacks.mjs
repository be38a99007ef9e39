import { peerName } from "../lib/versions.mjs";

const moduleOf = (path) => new URL(path, import.meta.url).href;
const h3Stack = moduleOf("h3-stack.mjs");

/**
 * What is measured: a framework with a library of sessions. Each is a process of its own, so that none runs in what
 * another left behind, with the routes of {@link ROUTES}.
 *
 * `options` are for the module's `start`. `maker` seals the cookies: where h3 and Ironkeep are compared, both get the same.
 * Those of generation 2 are made by Ironkeep, since h3 2 takes some ten milliseconds for each; it opens them no faster.
 */
export const stacks = {
  h3v2: {
    framework: peerName.h3v2,
    library: "its own useSession, 8192 iterations",
    options: { module: h3Stack, major: "v2", ironkeep: false },
    cookie: "h3",
    maker: "ironkeep",
    isSlow: true,
  },
  ironkeepOnV2: {
    framework: peerName.h3v2,
    library: "Ironkeep",
    options: { module: h3Stack, major: "v2", ironkeep: true },
    cookie: "h3",
    maker: "ironkeep",
  },
  h3v1: {
    framework: peerName.h3v1,
    library: "its own useSession, 1 iteration",
    options: { module: h3Stack, major: "v1", ironkeep: false },
    cookie: "h3",
    maker: "h3 v1",
  },
  ironkeepOnV1: {
    framework: peerName.h3v1,
    library: "Ironkeep",
    options: { module: h3Stack, major: "v1", ironkeep: true },
    cookie: "h3",
    maker: "h3 v1",
  },
  ironSession: {
    framework: "node:http",
    library: peerName.ironSession,
    options: { module: moduleOf("iron-session-stack.mjs") },
    cookie: "session",
    maker: "iron-session",
  },
  secureSession: {
    framework: peerName.fastify,
    library: peerName.secureSession,
    options: { module: moduleOf("../peers/fastify-stack.mjs") },
    cookie: "session",
    maker: "secure-session",
  },
};
