// What a call came to, as plain data: a refusal is asserted by message and code, never by catching
// in the middle of a test.

export interface Refusal {
  refused: true;
  message: string;
  code: string | undefined;
  error: Error;
}

export interface Success<T> {
  refused: false;
  value: T;
}

export type Outcome<T> = Refusal | Success<T>;

export async function outcomeOf<T>(run: () => T | Promise<T>): Promise<Outcome<T>> {
  try {
    return { refused: false, value: await run() };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const code = "code" in error && typeof error.code === "string" ? error.code : undefined;
    return { refused: true, message: error.message, code, error };
  }
}

/** The refusal's code, or `"opened"`: a text that reads well in a failed assertion. */
export async function codeOf(run: () => unknown): Promise<string | undefined> {
  const outcome = await outcomeOf(run);
  return outcome.refused ? outcome.code : "opened";
}
