// What a user's first lines would do, in a project that has the packed packages alone. Run by `npm run release -- smoke`.

import assert from "node:assert/strict";
import { createRequire } from "node:module";

import { version } from "ironkeep";
import { useSession } from "ironkeep/h3";
import { defaults, seal, sealSync, unseal, unsealSync } from "ironkeep/iron";

const PASSWORD = "bXq7Vn2Ld0Ht9sKc4Wz8Rf3Yp6Jm1Ga5Ue-Qo_TiSvN";
const DATA = { user: "ada", visits: 3 };
// As many iterations as h3 2 has: the keys are derived on the addon's own threads.
const options = {
  ...defaults,
  encryption: { ...defaults.encryption, iterations: 8192 },
  integrity: { ...defaults.integrity, iterations: 8192 },
};

assert.deepEqual(unsealSync(sealSync(DATA, PASSWORD, defaults), PASSWORD, defaults), DATA);
assert.deepEqual(await unseal(await seal(DATA, PASSWORD, options), PASSWORD, options), DATA);
await assert.rejects(unseal("Fe26.2**", PASSWORD, defaults), { code: "ERR_SEAL_INVALID" });
assert.equal(typeof useSession, "function");
assert.equal(createRequire(import.meta.url)("ironkeep/iron").sealSync, sealSync);

const { platform, arch, version: node } = process;
const { glibcVersionRuntime: glibc } = process.report.getReport().header;
console.log(`ironkeep ${version} seals and unseals on ${platform}-${arch}, Node ${node}, glibc ${glibc ?? "none"}`);
