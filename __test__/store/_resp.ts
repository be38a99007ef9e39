// As much of Redis's protocol as tests need to look into a server: commands as arrays of bytes, and what comes back.

import { connect, type Socket } from "node:net";

/** What a server answers. Texts are bytes, one character each. */
export type Reply = null | number | string | Reply[];

const LINE = "\r\n";

function packed(command: readonly string[]): Buffer {
  const parts = command.map((part) => `$${Buffer.byteLength(part, "latin1")}${LINE}${part}${LINE}`);
  return Buffer.from(`*${command.length}${LINE}${parts.join("")}`, "latin1");
}

/** The reply that begins at `from`, and where it ends; `undefined` while it is not all there. */
function parsed(text: string, from: number): { reply: Reply; end: number } | undefined {
  const lineEnd = text.indexOf(LINE, from);
  if (lineEnd < 0) return undefined;
  const [kind, line, start] = [text[from], text.slice(from + 1, lineEnd), lineEnd + LINE.length];
  if (kind === "+") return { reply: line, end: start };
  if (kind === ":") return { reply: Number(line), end: start };
  if (kind === "-") throw new Error(`Redis says ${line}`);
  const length = Number(line);
  if (length < 0) return { reply: null, end: start };
  if (kind === "$") {
    const end = start + length + LINE.length;
    return end > text.length ? undefined : { reply: text.slice(start, start + length), end };
  }
  const replies: Reply[] = [];
  let at = start;
  while (replies.length < length) {
    const next = parsed(text, at);
    if (next === undefined) return undefined;
    replies.push(next.reply);
    at = next.end;
  }
  return { reply: replies, end: at };
}

function reply(socket: Socket, command: readonly string[]): Promise<Reply> {
  return new Promise((resolve, reject) => {
    let text = "";
    const end = (settle: () => void) => {
      socket.off("data", hear).off("error", fail).off("close", fail);
      settle();
    };
    const fail = (error?: unknown) =>
      end(() => reject(error instanceof Error ? error : new Error("The connection ended")));
    const hear = (part: Buffer) => {
      text += part.toString("latin1");
      try {
        const whole = parsed(text, 0);
        if (whole !== undefined) end(() => resolve(whole.reply));
      } catch (error) {
        fail(error);
      }
    };
    socket.on("data", hear).on("error", fail).on("close", fail);
    socket.write(packed(command));
  });
}

/** Has a server on this machine do commands, one after the other, and gives its answers. @throws what it refuses. */
export async function ask(
  port: number,
  password: string,
  ...commands: readonly (readonly string[])[]
): Promise<Reply[]> {
  const socket = connect({ port, host: "127.0.0.1" });
  try {
    await reply(socket, ["AUTH", password]);
    const replies: Reply[] = [];
    for (const command of commands) replies.push(await reply(socket, command));
    return replies;
  } finally {
    socket.on("error", () => undefined).destroy();
  }
}
