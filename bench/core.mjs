// Seal and unseal in Rust alone, by criterion: what is left when JavaScript, JSON and the crossing are taken away.
//
// How to read it: CPU of the thread for one call, with keys at hand ("generation 2, warm" derives nothing; generation 1
// derives one iteration for each key, every time). Criterion takes 100 samples of each; the median is what to quote, the
// least what the machine can do when nobody disturbs it. `npm run bench -- seal` compares these with JavaScript.
import { FORMATS, buildCore, measureCore } from "./lib/core.mjs";
import { Document, machineLine } from "./lib/document.mjs";
import { short, table } from "./lib/table.mjs";

const SIZES = [200, 1024, 3072];
const SECONDS = 2;
const SAMPLES = 100;

/** Measures, prints, and gives the result as data. */
export async function run() {
  const document = new Document("core");
  const program = buildCore();
  console.log(
    `\n${machineLine()}\nCPU of one call in Rust, in microseconds: median and least of ${SAMPLES} samples.\n`,
  );
  const rows = FORMATS.flatMap((format) =>
    SIZES.map((bytes) => {
      const { seal, unseal } = measureCore(program, { format, bytes, seconds: SECONDS, samples: SAMPLES });
      return { format, bytes, sealMicroseconds: seal, unsealMicroseconds: unseal };
    }),
  );
  const cells = rows.map(({ format, bytes, sealMicroseconds: seal, unsealMicroseconds: unseal }) => [
    `${format}, ${bytes} bytes`,
    ...[seal.median, seal.least, unseal.median, unseal.least].map(short),
    short(seal.median + unseal.median),
  ]);
  console.log(table(["", "seal", "least", "unseal", "least", "both"], cells));
  return document.with({ samples: SAMPLES, secondsForEach: SECONDS, rows });
}
