import { defineCommand } from "../command.js";
import { type OpeningKey, openToken, passwordKey, ringKey } from "../open.js";
import { type Outcome, UsageError } from "../outcome.js";
import { describeInspection, type Inspection, type KeyReport } from "../inspection.js";
import { readEnvironment, readFileOf, readStdin, requireEnvironment } from "../read.js";
import { describeToken, type Expiry, type TokenForm } from "../token.js";
import { findToken } from "../token-text.js";

export const inspect = defineCommand({
  meta: { name: "ironkeep inspect", description: "Show what a token tells, and with a key what is in it" },
  args: {
    token: {
      type: "positional",
      required: true,
      description: "a token, a Cookie header or Set-Cookie lines; - for standard input, which no shell history keeps",
    },
    open: { type: "boolean", description: "show the data; without another key: that of the environment" },
    "password-env": { type: "string", valueHint: "NAME", description: "the environment variable with the password" },
    ring: { type: "string", valueHint: "FILE", description: "a file with a ring of keys; - for standard input" },
    name: { type: "string", valueHint: "NAME", default: "h3", description: "the name of the session and its cookie" },
    audience: { type: "string", valueHint: "TEXT", default: "", description: "the audience that an ik1 token is for" },
    json: { type: "boolean", description: "as JSON" },
  },
  async run({ args }): Promise<Outcome> {
    if (args["password-env"] !== undefined && args.ring !== undefined) {
      throw new UsageError("inspect takes one key: --password-env or --ring");
    }
    if (args.token === "-" && args.ring === "-") {
      throw new UsageError("Standard input holds the token or the ring: give one of them in another way");
    }
    const pasted = args.token === "-" ? (await readStdin()).text : args.token;
    const { token, chunks, suffix } = findToken(pasted, args.name);
    const form = describeToken(token, Date.now());
    const key = await findKey(args);
    const binding = { name: args.name, audience: args.audience };
    const report = key && toReport(key, await openToken(token, key, binding), args.open === true);
    const expiry = report ? withKey(form, report) : form.expiry;
    const inspection: Inspection = { ...form, expiry, chunks, suffix, key: report ?? null };
    return {
      json: inspection,
      text: describeInspection(inspection),
      failed: form.problems.length > 0 || report?.opens === false,
    };
  },
});

interface KeyArguments {
  readonly open?: boolean | undefined;
  readonly ring?: string | undefined;
  readonly "password-env"?: string | undefined;
}

/** The key that an option names; with `--open` else the one that the environment configures, in the helpers' order. */
async function findKey(args: KeyArguments): Promise<OpeningKey | undefined> {
  if (args["password-env"] !== undefined) {
    return passwordKey(requireEnvironment("--password-env", args["password-env"]));
  }
  if (args.ring !== undefined) return ringKey(await readFileOf("--ring", args.ring));
  if (!args.open) return undefined;
  const ring = readEnvironment("IRONKEEP_KEYS");
  if (ring) return ringKey(ring);
  const password = readEnvironment("NUXT_SESSION_PASSWORD") ?? readEnvironment("SESSION_PASSWORD");
  if (password) return passwordKey(password);
  throw new UsageError(
    "--open needs a key: --password-env NAME, --ring FILE, or IRONKEEP_KEYS, NUXT_SESSION_PASSWORD or SESSION_PASSWORD",
  );
}

/** Whether an ik1 token is past shows when it is opened, if not when it will be. */
function withKey({ format, expiry }: TokenForm, { opens, code }: KeyReport): Expiry {
  if (format !== "ik1" || (!opens && code !== "ERR_SEAL_EXPIRED")) return expiry;
  return { ...expiry, past: !opens };
}

function toReport({ source }: OpeningKey, opened: Awaited<ReturnType<typeof openToken>>, isOpen: boolean): KeyReport {
  if (!opened.opens) return { source, opens: false, generation: null, code: opened.code, reason: opened.reason };
  const report = { source, opens: true, generation: opened.generation, code: null, reason: null };
  return isOpen ? { ...report, session: opened.session } : report;
}
