import type { SessionConfig } from "ironkeep/h3";
import { updateSession } from "ironkeep/h3";
import { expect } from "vitest";
import { describeMatrix } from "./_matrix.ts";
import { PASSWORD } from "./_passwords.ts";

const config: SessionConfig = { password: PASSWORD, cookie: { chunkMaxLength: 1 } };

describeMatrix("an error with a status", (t, { it }) => {
  it("is an HTTP error to the h3 that runs, though h3 is never imported", async () => {
    const caught: unknown[] = [];
    t.route("/", async (event) => {
      await updateSession(event, config, { a: 1 }).catch((error: unknown) => caught.push(error));
      return "ok";
    });
    await t.request("/");
    const [error] = caught;
    expect(t.isHttpError(error)).toBe(true);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ statusCode: 500, status: 500 });
    expect(Reflect.get(Object(error), "code")).toMatch(/^ERR_[A-Z_]+$/);
  });

  it("answers with its own status and is not reported as unhandled", async () => {
    t.route("/", async (event) => {
      await updateSession(event, config, { a: 1 });
      return "ok";
    });
    const reply = await t.request("/");
    expect(reply.status).toBe(500);
    expect(t.errors).toHaveLength(1);
    expect(Reflect.get(Object(t.errors[0]), "unhandled") ?? false).toBe(false);
    expect(t.logged).toEqual([]);
  });
});
