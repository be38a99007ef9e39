import { cpus, loadavg, release, totalmem } from "node:os";

import { mainClock } from "./cpu.mjs";
import { versions } from "./versions.mjs";

/** The machine, in one line. */
export function machineLine() {
  const cores = cpus();
  return `${cores[0]?.model.trim() ?? "unknown CPU"}, ${cores.length} cores, Node ${process.versions.node}, ${process.platform}-${process.arch}`;
}

/** What a document says of the place and time that it was measured at. */
export class Document {
  #start = new Date();
  #loadBefore = loadavg()[0];
  #area;

  constructor(area) {
    this.#area = area;
  }

  /** The whole document: `result` is the area's own. */
  with(result) {
    return {
      area: this.#area,
      startedAt: this.#start.toISOString(),
      seconds: Math.round((Date.now() - this.#start) / 1000),
      machine: {
        line: machineLine(),
        cores: cpus().length,
        memoryBytes: totalmem(),
        kernel: release(),
        // Far over what the bench itself runs, others were at work, and what counts time that passes is too high.
        loadBefore: this.#loadBefore,
        loadAfter: loadavg()[0],
      },
      runtime: { node: process.versions.node, v8: process.versions.v8, openssl: process.versions.openssl },
      versions: versions(),
      mainClock,
      units: "CPU in microseconds for each operation or request, unless the name of a field says otherwise",
      ...result,
    };
  }
}
