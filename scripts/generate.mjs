// Writes what is generated from the built addon's table of error codes: the TypeScript union and the docs page.
import { mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";

const { errorCodes } = createRequire(import.meta.url)("../index.cjs");
const codes = errorCodes();

const union = codes.map(({ code, description }) => `  /** ${description} */\n  ${code}: "${code}",`).join("\n");
writeFileSync(
  new URL("../js/error-codes_generated.ts", import.meta.url),
  `// Generated from src/error.rs by \`npm run build\`. Do not edit.

/** Every value of \`err.code\`. */
export const ERROR_CODES = {
${union}
} as const;

/** The stable codes of Ironkeep's errors. Branch on these, never on a message. */
export type ErrorCode = keyof typeof ERROR_CODES;
`,
);

mkdirSync(new URL("../docs/", import.meta.url), { recursive: true });
writeFileSync(
  new URL("../docs/errors.md", import.meta.url),
  `# Error codes

Generated from \`src/error.rs\` by \`npm run build\`. Branch on \`err.code\`, never on a message.

| code | meaning |
| --- | --- |
${codes.map(({ code, description }) => `| \`${code}\` | ${description} |`).join("\n")}
`,
);
