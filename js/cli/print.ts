import type { WriteStream } from "node:tty";
import { stripVTControlCharacters } from "node:util";

/** Characters that steer a terminal or turn its text around, and are no line break. They come in what is inspected. */
// oxlint-disable-next-line no-control-regex -- control characters are what is looked for
const STEERING = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** Text of unknown origin as it may be shown: what steers a terminal is spelled out. */
export function printable(text: string): string {
  return text.replaceAll(STEERING, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The same for a text that is to stay within its line: one with lines of its own could pass for ours. */
export function printableLine(text: string): string {
  return printable(text).replaceAll(/[\n\t]/g, (character) => (character === "\n" ? "\\n" : "\\t"));
}

/** A value as JSON of several lines. The escapes of {@link printable} are JSON's own, and such characters stand in strings alone. */
export function asJsonText(value: unknown): string {
  return printable(JSON.stringify(value, null, 2));
}

/** Keeps a pipe whose reader is gone from being an uncaught error: {@link print} tells of it. */
export function listenForClosedPipes(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
}

/**
 * Writes a text and the end of its line, without colours where the stream is no terminal or they are not wanted.
 *
 * @returns whether it was written.
 */
export function print(stream: WriteStream, text: string): Promise<boolean> {
  const line = `${hasColors(stream) ? text : stripVTControlCharacters(text)}\n`;
  return new Promise((resolve) => {
    stream.write(line, (error) => {
      if (error && stream === process.stdout && !isClosedPipe(error)) {
        process.stderr.write("ironkeep: standard output cannot be written\n");
      }
      resolve(!error);
    });
  });
}

/** Node's own judgement, which knows `NO_COLOR` and `TERM=dumb`. */
function hasColors(stream: WriteStream): boolean {
  return stream.isTTY && stream.hasColors();
}

/** A reader that has seen enough, such as `head`, is none of our business. Windows has another name for it. */
function isClosedPipe(error: Error): boolean {
  return "code" in error && (error.code === "EPIPE" || error.code === "EOF");
}
