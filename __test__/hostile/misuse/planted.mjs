// Each fault that the judge has to find, one a run.

import { attempt, report } from "./table.mjs";

const FAULTS = {
  "no fault": async () => {
    await attempt("a value", () => 1);
    await attempt("an error", () => {
      throw new Error("said");
    });
  },
  crash: () => process.abort(),
  exit: () => process.exit(3),
  "not an error": () =>
    attempt("planted", () => {
      throw "a text";
    }),
  "no message": () => attempt("planted", () => Promise.reject(new Error(""))),
  "unhandled rejection": () => attempt("planted", () => void Promise.reject(new Error("nobody waits"))),
  hang: () => attempt("planted", () => new Promise(() => {}), 100),
};

await FAULTS[process.argv[2]]();
await report();
