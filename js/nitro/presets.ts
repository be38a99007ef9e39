/** Presets of runtimes that load no addons, by how they are called, in either spelling of them. A static site has no runtime. */
const WITHOUT_ADDONS = /^cloudflare(?!.*-static$)|-edge$|^deno-deploy$|^(?:base|service)-worker$|^winterjs$|^zephyr$/;

/** @throws Error for a preset whose runtime loads no addons; its stack is one line, since no line of it is of use. */
export function requireNode(preset: string | undefined): void {
  if (preset === undefined || !WITHOUT_ADDONS.test(preset.replaceAll("_", "-"))) return;
  const error = new Error(
    `The runtime of the preset "${preset}" loads no native addon, which Ironkeep is: build for Node (such as node-server, vercel, ` +
      'netlify or aws-lambda), or take "ironkeep" out of the modules and use the sessions of h3 there',
  );
  error.stack = `Error: ${error.message}`;
  throw error;
}
