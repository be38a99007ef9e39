import { wholeNumber } from "../arguments.js";
import { defineCommand } from "../command.js";
import { newSecret } from "../engine.js";
import { type Outcome, UsageError } from "../outcome.js";
import { readEnvironment, readFileOf, readStdin, type Sourced } from "../read.js";
import { idAfter, idsOf, isKeyId, MAX_KEYS, parseRing, toJson } from "../ring.js";
import { rotate, type Rotated } from "../rotation.js";
import { writeAtomically } from "../write.js";

const MAX_INTERVAL_SECONDS = 30 * 24 * 3600;

export const keysRotate = defineCommand({
  meta: {
    name: "ironkeep keys rotate",
    description: "Print a ring with a new key in front, which seals a little later",
  },
  args: {
    ring: { type: "string", valueHint: "FILE", description: "the ring; - for standard input. Else IRONKEEP_KEYS" },
    "refresh-interval": {
      type: "string",
      valueHint: "S",
      default: "60",
      description: "seconds between two reads of the ring by a process; the new key seals after two of them",
    },
    keep: { type: "string", valueHint: "N", description: "how many old keys stay; all by default" },
    id: {
      type: "string",
      valueHint: "ID",
      description: "the id of the new key; the newest one's counted on by default",
    },
    write: {
      type: "string",
      valueHint: "FILE",
      description: "write the ring there, for its owner, and print no secret",
    },
    json: { type: "boolean", description: "the ring as JSON of several lines; with --write: what was done" },
  },
  async run({ args }): Promise<Outcome> {
    const interval = wholeNumber(args["refresh-interval"], "--refresh-interval", 1, MAX_INTERVAL_SECONDS);
    const keep = args.keep === undefined ? undefined : wholeNumber(args.keep, "--keep", 1, MAX_KEYS - 1);
    if (args.id !== undefined && !isKeyId(args.id)) {
      throw new UsageError('--id takes 1 to 16 of A-Z, a-z, 0-9 and _, and not "default"');
    }
    const ring = parseRing(await readRing(args.ring));
    const key = { id: args.id ?? idAfter(ring[0].id, idsOf(ring)), secret: await newSecret() };
    const rotated = rotate(ring, { key, now: Date.now(), refreshInterval: interval * 1000, keep });
    const written = toJson(rotated.ring);
    if (args.write === undefined) {
      return { json: written, text: JSON.stringify(written), notes: describe(rotated) };
    }
    await writeAtomically(args.write, `${JSON.stringify(written)}\n`, "--write");
    return { json: summarise(rotated), text: describe(rotated).join("\n") };
  },
});

function readRing(path: string | undefined): Promise<Sourced> | Sourced {
  if (path !== undefined) return readFileOf("--ring", path);
  const fromEnvironment = readEnvironment("IRONKEEP_KEYS");
  if (fromEnvironment) return fromEnvironment;
  if (!process.stdin.isTTY) return readStdin();
  throw new UsageError("keys rotate needs a ring: --ring FILE, the variable IRONKEEP_KEYS, or standard input");
}

function describe({ added, waitsFor, dropped, ring }: Rotated): string[] {
  const notes = [
    `${added.id} is new and seals from ${new Date(added.sealFrom).toISOString()}; every process has to have the ring by then`,
    ...(waitsFor ? [`that is right after ${waitsFor.id} starts, which would take over from it otherwise`] : []),
    `the ring has ${ring.length} keys: ${idsOf(ring).join(", ")}`,
  ];
  return dropped.length === 0
    ? notes
    : [...notes, `dropped, with the sessions that they sealed: ${idsOf(dropped).join(", ")}`];
}

function summarise({ added, dropped, ring }: Rotated): object {
  return { added: added.id, sealFrom: added.sealFrom, kept: idsOf(ring.slice(1)), dropped: idsOf(dropped) };
}
