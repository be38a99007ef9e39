// Run by a test as `node _resolved-by.mjs ENTRY [use]`: sends every specifier and address that
// importing ENTRY (and one use of its `useSession`) resolved.
import { register } from "node:module";
import { MessageChannel, receiveMessageOnPort } from "node:worker_threads";

const hooks = `
  let port;
  export function initialize(data) { port = data.port; }
  export async function resolve(specifier, context, next) {
    const result = await next(specifier, context);
    port.postMessage(specifier);
    port.postMessage(result.url);
    return result;
  }
`;
const { port1, port2 } = new MessageChannel();
register(`data:text/javascript,${encodeURIComponent(hooks)}`, {
  data: { port: port2 },
  transferList: [port2],
});

const [, , entry, action] = process.argv;
const { useSession } = await import(entry);
if (action === "use") {
  const event = { req: new Request("http://localhost/"), context: {} };
  await useSession(event, { password: "Zq8Lw3Xn6Vb1Kd9Rt4Ym7Hs2Pf5Jc0Gu", cookie: false });
}

const resolved = [];
for (let item = receiveMessageOnPort(port1); item; item = receiveMessageOnPort(port1)) {
  resolved.push(item.message);
}
process.send(resolved, () => process.disconnect());
