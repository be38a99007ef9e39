import type { EngineStore } from "../engine/index.js";
import { warnOnce } from "../warn.js";

/** Answers after which a server has said what there is to say, or will not. */
const MAX_LOOKS = 1000;

/** Looks, after answers of a server, whether an operator ought to know something of it, and writes that once. */
export function passOnWarning(engine: EngineStore): () => void {
  let looks = 0;
  return () => {
    if (looks >= MAX_LOOKS) return;
    looks++;
    const warning = engine.warning();
    if (warning === null) return;
    looks = MAX_LOOKS;
    warnOnce(warning);
  };
}
