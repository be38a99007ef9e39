import { wholeNumber } from "../arguments.js";
import { defineCommand } from "../command.js";
import { newSecret } from "../engine.js";
import { type Outcome, UsageError } from "../outcome.js";
import { formatShort, idAfter, isKeyId, MAX_KEYS } from "../ring.js";

export const keysGenerate = defineCommand({
  meta: { name: "ironkeep keys generate", description: "Make keys of 32 random bytes, as IRONKEEP_KEYS takes them" },
  args: {
    count: { type: "string", valueHint: "N", default: "1", description: "how many, the newest first" },
    id: { type: "string", valueHint: "ID", default: "k1", description: "the id of the first; the others count on" },
    json: { type: "boolean", description: "the ring as JSON" },
  },
  async run({ args }): Promise<Outcome> {
    const count = wholeNumber(args.count, "--count", 1, MAX_KEYS);
    if (!isKeyId(args.id)) throw new UsageError('--id takes 1 to 16 of A-Z, a-z, 0-9 and _, and not "default"');
    const keys = [];
    for (let id = args.id; keys.length < count;) {
      keys.unshift({ id, secret: await newSecret() });
      if (keys.length < count) id = idAfter(id);
    }
    return { json: keys, text: formatShort(keys) };
  },
});
