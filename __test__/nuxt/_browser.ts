import { existsSync } from "node:fs";
import { createRequire } from "node:module";

import type { Workspace } from "./_workspace.ts";

/** Where Debian and others put it. Playwright's own browsers would have to be downloaded. */
const PATHS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Playwright, as far as it is used here: its package is in the workspace alone. */
export interface Browser {
  newContext(options?: {
    colorScheme?: "dark" | "light";
    viewport?: { width: number; height: number };
  }): Promise<Context>;
  close(): Promise<void>;
}

export interface Context {
  newPage(): Promise<Page>;
  cookies(): Promise<Cookie[]>;
  addCookies(cookies: Cookie[]): Promise<void>;
  close(): Promise<void>;
}

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly httpOnly: boolean;
}

export interface Locator {
  waitFor(): Promise<void>;
  click(): Promise<void>;
  fill(text: string): Promise<void>;
  press(key: string): Promise<void>;
  textContent(): Promise<string | null>;
  count(): Promise<number>;
  evaluate<T>(script: (element: HTMLElement) => T): Promise<T>;
}

export interface Page {
  readonly keyboard: { press(key: string): Promise<void> };
  goto(url: string): Promise<unknown>;
  goBack(): Promise<unknown>;
  reload(): Promise<unknown>;
  url(): string;
  waitForURL(url: string): Promise<void>;
  waitForLoadState(state: "networkidle"): Promise<void>;
  getByLabel(label: string, options?: { exact: boolean }): Locator;
  getByRole(role: string, options?: { name: string }): Locator;
  locator(selector: string, options?: { hasText: RegExp | string }): Locator;
  evaluate<T>(script: () => T): Promise<T>;
  setViewportSize(size: { width: number; height: number }): Promise<void>;
  screenshot(options: { path: string; fullPage?: boolean }): Promise<unknown>;
  on(event: "console", listener: (message: { type(): string; text(): string }) => void): void;
  on(event: "pageerror", listener: (error: Error) => void): void;
  on(event: "request", listener: (request: { url(): string; method(): string }) => void): void;
}

/** Starts Chromium, without a window. */
export async function launch({ resolve }: Workspace): Promise<Browser> {
  const executablePath = PATHS.find((path) => existsSync(path));
  if (!executablePath) throw new Error(`there is no browser: install Debian's chromium (${PATHS.join(", ")})`);
  const { chromium } = createRequire(import.meta.url)(resolve("playwright-core")) as {
    chromium: { launch(options: object): Promise<Browser> };
  };
  // Root has no sandbox.
  return chromium.launch({ executablePath, args: ["--no-sandbox"] });
}
