import { mkdirSync } from "node:fs";
import { join } from "node:path";

import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { type Server, serve } from "../apps/_server.ts";
import { type Browser, type Context, type Page, launch } from "./_browser.ts";
import { strongPassword } from "./_passwords.ts";
import { COOKIE, SESSION_ROUTE, Visitor } from "./_visitor.ts";
import { BUILDS_WITHIN_MS, type Workspace, example, workspace } from "./_workspace.ts";

/** For a person to look at. */
const SCREENSHOTS = join(import.meta.dirname, "../../target/screenshots");
const TOLD = "You were signed out in another tab, or on another device.";

describe("the example in a browser", () => {
  let space: Workspace;
  let server: Server;
  let browser: Browser;
  let origin: string;

  beforeAll(async () => {
    space = await workspace();
    const { output } = await space.build(example);
    server = await serve(output, { NUXT_SESSION_PASSWORD: strongPassword() });
    // As a name: browsers keep Secure cookies of it without TLS.
    origin = server.origin.replace("127.0.0.1", "localhost");
    browser = await launch(space);
    mkdirSync(SCREENSHOTS, { recursive: true });
  }, BUILDS_WITHIN_MS);

  afterAll(async () => {
    await browser?.close();
    await server?.stop();
    space?.remove();
  });

  /** What a page says of a sign-out that came from elsewhere. */
  const told = async (page: Page): Promise<string | null> => page.locator("p.told").textContent();

  /** A tab, and what went wrong in it. */
  async function tab(context: Context, path: string): Promise<{ page: Page; problems: string[] }> {
    const page = await context.newPage();
    const problems: string[] = [];
    page.on("pageerror", ({ message }) => problems.push(message));
    page.on("console", (message) => {
      if (/hydration|error/i.test(message.text())) problems.push(message.text());
    });
    await page.goto(origin + path);
    await page.waitForLoadState("networkidle");
    return { page, problems };
  }

  /** By the keyboard alone: the name has the focus, and Enter sends. */
  async function signIn(page: Page, name: string): Promise<void> {
    await page.goto(`${origin}/sign-in`);
    await page.waitForLoadState("networkidle");
    await page.getByLabel("Name").fill(name);
    await page.keyboard.press("Tab");
    await page.getByLabel("Password").fill("sesame");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name }).waitFor();
    expect(page.url()).toBe(`${origin}/account`);
  }

  it("signs in, and is still signed in after a reload, without asking for the session", async () => {
    const context = await browser.newContext();
    const { page, problems } = await tab(context, "/");
    await signIn(page, "Ada");
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.reload();
    await page.getByRole("heading", { name: "Ada" }).waitFor();
    await page.waitForLoadState("networkidle");
    expect(asked.filter((url) => url.includes(SESSION_ROUTE))).toEqual([]);
    expect(problems).toEqual([]);
    await context.close();
  });

  it("keeps the cookie from scripts, and everything but the user from the page", async () => {
    const context = await browser.newContext();
    const { page } = await tab(context, "/");
    await signIn(page, "Ada");
    await page.reload();
    const cookie = (await context.cookies()).find(({ name }) => name === COOKIE);
    expect(cookie?.httpOnly).toBe(true);
    const html = await page.evaluate(() => document.documentElement.outerHTML + document.cookie);
    expect(html).toContain("Ada");
    expect(html).not.toContain(cookie?.value.split(".")[1]);
    await context.close();
  });

  it("signs in and out in all tabs", async () => {
    const context = await browser.newContext();
    const { page: first, problems } = await tab(context, "/");
    const { page: second, problems: others } = await tab(context, "/");
    await signIn(first, "Ada");
    await second.getByRole("heading", { name: "Welcome back, Ada" }).waitFor();
    await second.getByRole("button", { name: "Sign out" }).click();
    await second.locator("nav a[href='/sign-in']").waitFor();
    // The protected page is left where it was open.
    await first.waitForURL(`${origin}/`);
    expect(await first.getByRole("button", { name: "Sign out" }).count()).toBe(0);
    // Which is told the one that did not do it, until somebody signs in.
    expect([await told(first), await told(second)]).toEqual([TOLD, ""]);
    await signIn(second, "Ada");
    await first.getByRole("heading", { name: "Welcome back, Ada" }).waitFor();
    expect(await told(first)).toBe("");
    expect([...problems, ...others]).toEqual([]);
    await context.close();
  });

  it("tells the other tabs of a sign-in that was a page of its own", async () => {
    const context = await browser.newContext();
    const { page: other } = await tab(context, "/");
    const visitor = new Visitor(origin);
    await visitor.post("/api/sign-in", { name: "Ada", password: "sesame" });
    const value = visitor.jar.value(COOKIE) ?? "";
    await context.addCookies([{ name: COOKIE, value, url: origin, httpOnly: true } as never]);
    const { page } = await tab(context, "/");
    await page.getByRole("heading", { name: "Welcome back, Ada" }).waitFor();
    await other.getByRole("heading", { name: "Welcome back, Ada" }).waitFor();
    expect(await other.getByRole("button", { name: "Sign out" }).count()).toBe(1);
    await context.close();
  });

  it("looks again when somebody comes back to the tab, and sees that the session was ended elsewhere", async () => {
    const context = await browser.newContext();
    const { page } = await tab(context, "/");
    await signIn(page, "Grace");
    const elsewhere = new Visitor(origin);
    await elsewhere.post("/api/sign-in", { name: "Grace", password: "sesame" });
    await elsewhere.post("/api/sign-out-everywhere");
    expect(await page.getByRole("button", { name: "Sign out" }).count()).toBeGreaterThan(0);
    await page.evaluate(() => window.dispatchEvent(new Event("focus")));
    await page.waitForURL(`${origin}/`);
    await page.locator("nav a[href='/sign-in']").waitFor();
    expect(await told(page)).toBe(TOLD);
    await page.screenshot({ path: join(SCREENSHOTS, "told.png") });
    await context.close();
  });

  it("signs out everywhere", async () => {
    const [here, there] = [await browser.newContext(), await browser.newContext()];
    const { page } = await tab(here, "/");
    const { page: other } = await tab(there, "/");
    await signIn(page, "Linus");
    await signIn(other, "Linus");
    await page.reload();
    await page.waitForLoadState("networkidle");
    expect(await page.locator("li").count()).toBe(2);
    await page.getByRole("button", { name: "Sign out everywhere" }).click();
    await page.waitForURL(`${origin}/`);
    expect(await told(page)).toBe("");
    await other.reload();
    await other.getByRole("heading", { name: "Sign in" }).waitFor();
    await here.close();
    await there.close();
  });

  it("takes a cookie that was tampered with for none, and lets its visitor sign in again", async () => {
    const context = await browser.newContext();
    const { page, problems } = await tab(context, "/");
    await signIn(page, "Ada");
    const cookie = (await context.cookies()).find(({ name }) => name === COOKIE);
    if (!cookie) throw new Error("there is no cookie");
    await context.addCookies([{ ...cookie, value: cookie.value.replace(/.$/, (last) => (last === "A" ? "Q" : "A")) }]);
    await page.reload();
    await page.getByRole("heading", { name: "Sign in" }).waitFor();
    await signIn(page, "Ada");
    expect(problems).toEqual([]);
    await context.close();
  });

  it("says what is wrong with a password, where a screen reader hears it", async () => {
    const context = await browser.newContext();
    const { page } = await tab(context, "/sign-in");
    await page.getByLabel("Name").fill("Ada");
    await page.getByLabel("Password").fill("guess");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    expect(await page.getByRole("alert").textContent()).toBe("This is not the password.");
    await page.screenshot({ path: join(SCREENSHOTS, "wrong-password.png") });
    await context.close();
  });

  it("says when a limit is reached, and how long it takes", async () => {
    const context = await browser.newContext();
    const { page } = await tab(context, "/");
    for (let click = 0; click < 6; click++) {
      await page.getByRole("button", { name: "Another one" }).click();
      await page.waitForLoadState("networkidle");
    }
    await page.locator("[role=status]", { hasText: /^That was too fast. Try again in \d+ s.$/ }).waitFor();
    await page.screenshot({ path: join(SCREENSHOTS, "limited.png") });
    expect(await page.locator("blockquote").textContent()).not.toBe("");
    await context.close();
  });

  it.each(["light", "dark"] as const)("has pictures, %s", async (colorScheme) => {
    const context = await browser.newContext({ colorScheme, viewport: { width: 900, height: 640 } });
    const { page } = await tab(context, "/");
    const shoot = (name: string): Promise<unknown> =>
      page.screenshot({ path: join(SCREENSHOTS, `${colorScheme}-${name}.png`), fullPage: true });
    await shoot("home");
    await page.goto(`${origin}/sign-in`);
    await shoot("sign-in");
    await signIn(page, "Ada");
    await shoot("account");
    await page.setViewportSize({ width: 360, height: 700 });
    await page.goto(`${origin}/`);
    await shoot("phone");
    const [background = 0] = await page.evaluate(() => {
      const color = getComputedStyle(document.documentElement).backgroundColor;
      return (color.match(/\d+/g) ?? []).map(Number);
    });
    expect(background > 128).toBe(colorScheme === "light");
    const isScrolledSideways = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    expect(isScrolledSideways).toBe(false);
    await context.close();
  });
});
