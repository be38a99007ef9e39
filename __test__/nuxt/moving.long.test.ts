import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFailed } from "vitest";

import { type Server, serve } from "../apps/_server.ts";
import { strongPassword } from "./_passwords.ts";
import { COOKIE, SESSION_ROUTE, Visitor } from "./_visitor.ts";
import { BUILDS_WITHIN_MS, type Workspace, fixture, workspace } from "./_workspace.ts";

/** Where nuxt-auth-utils' browser side asks. */
const THEIR_ROUTE = "/api/_auth/session";

describe("an app that moves from nuxt-auth-utils", () => {
  let space: Workspace;
  let theirs: Server;
  let ours: Server;

  beforeAll(async () => {
    space = await workspace();
    const environment = { NUXT_SESSION_PASSWORD: strongPassword() };
    theirs = await serve((await space.build(fixture("auth-utils"))).output, environment);
    ours = await serve((await space.build(fixture("auth-utils"), { MOVED: "1" })).output, environment);
  }, 2 * BUILDS_WITHIN_MS);

  afterAll(async () => {
    await theirs?.stop();
    await ours?.stop();
    space?.remove();
  });

  beforeEach(() => {
    onTestFailed(() => console.error(`${theirs.stderr()}\n${ours.stderr()}`));
  });

  async function signedIn(server: Server): Promise<Visitor> {
    const visitor = new Visitor(server.origin);
    expect((await visitor.post("/api/sign-in", { name: "Ada" })).status).toBe(200);
    expect(visitor.jar.value(COOKIE)).toMatch(/^Fe26\.2\*/);
    return visitor;
  }

  it("signs nobody out", async () => {
    const before = await signedIn(theirs);
    expect((await before.page("/")).text).toContain("signed in as Ada");
    const after = new Visitor(ours.origin, before.jar);
    expect((await after.page("/")).text).toContain("signed in as Ada");
    expect(await after.session()).toEqual({ user: { name: "Ada" } });
  });

  it("can go back, and signs nobody out either", async () => {
    const after = await signedIn(ours);
    const back = new Visitor(theirs.origin, after.jar);
    expect((await back.page("/")).text).toContain("signed in as Ada");
    expect((await back.fetch(THEIR_ROUTE)).json()).toMatchObject({ user: { name: "Ada" } });
  });

  it("tells the browser nothing of what was secure, and signs out", async () => {
    const after = new Visitor(ours.origin, (await signedIn(theirs)).jar);
    expect((await after.page("/")).text).not.toContain("for the server alone");
    await after.fetch(SESSION_ROUTE, { method: "DELETE", headers: { origin: ours.origin } });
    expect((await after.page("/")).text).toContain("nobody");
    expect((await new Visitor(theirs.origin, after.jar).page("/")).text).toContain("nobody");
  });
});
