/** Files that cross one rule, laid over a clean tree. Each must be reported by that rule and by no other. */
export interface Plant {
  readonly rule: string;
  readonly what: string;
  readonly files: Readonly<Record<string, string>>;
}

const core = (...lines: string[]) => ["#![forbid(unsafe_code)]", ...lines, ""].join("\n");
const text = (...lines: string[]) => [...lines, ""].join("\n");

const RUNTIME = "src/binding/runtime.rs";
const SEALER = "src/binding/sealer.rs";
const SOUND_IMPL = ["// SAFETY: it owns its threads.", "unsafe impl A for B {}"];

export const CLEAN: Readonly<Record<string, string>> = {
  "Cargo.toml": text("[dependencies]", 'napi = { version = "3", optional = true }', 'lru = "0.19"'),
  "README.md": "A session.\n",
  "deny.toml": text("[bans]", 'deny = [{ crate = "lru:<0.18.2" }]'),
  "src/lib.rs": text("pub mod clock;", '#[cfg(feature = "binding")]', "mod binding;"),
  "src/clock.rs": core("pub fn now() { std::time::SystemTime::now(); }"),
  "src/error.rs": core("/// Not napi's error, and no tokio.", "pub struct Error;"),
  "src/seal/mod.rs": core("use crate::error::Error;", 'const NOTE: &str = "std::fs .await napi";'),
  "src/limit/mod.rs": core("use crate::{clock, error};"),
  "src/session/mod.rs": core("use crate::{seal, store};", "pub async fn open() {}"),
  "src/store/mod.rs": core("pub mod memory;", "pub mod redis;", "pub use memory::Memory;"),
  "src/store/memory.rs": core("use super::SessionStore;"),
  "src/store/redis.rs": core("use super::SessionStore;", "// Unlike super::memory."),
  "src/binding/mod.rs": text("use napi_derive::napi;", "// unsafe is for runtime.rs", "mod runtime;"),
  [RUNTIME]: text(
    "// SAFETY: the first line,",
    "// and the second.",
    "#[allow(unsafe_code)]",
    "unsafe impl A for B {}",
  ),
  "src/binding/sealer.rs": text(
    "#[napi(getter, catch_unwind)]",
    "#[must_use]",
    "pub fn guessable(&self) -> napi::Result<bool, ErrorCode> {",
    '    guard("Sealer.guessable", || Ok(true))',
    "}",
    "#[napi(constructor, catch_unwind)]",
    'pub fn new(env: &\'env Env, #[napi(ts_arg_type = "O")] options: Given<Object>, now: JsNumber) -> R<Self, E> {',
    '    guard("Sealer", || make(options))',
    "}",
  ),
  "js/engine/load.cts": 'export = require("../../index.cjs");\n',
  "js/engine/native.ts": text('import type * as Binding from "../../index.js";', 'import native from "./load.cjs";'),
  "js/h3/_h3.ts": 'export const isV1 = (event: object) => "node" in event && event.node;\n',
  "js/h3/session.ts": text(
    'import type { H3Event } from "h3";',
    'import { randomUUID } from "node:crypto";',
    "// Not createHmac, and not event.res.",
    'const DEFAULT_NAME = read("h3", config);',
    `const ADVICE = "Run: node -p \\"require('crypto').randomBytes(32)\\"";`,
    'import { warn } from "../index.js";',
    "crypto.randomUUID(); event.context; options.node;",
  ),
  "dist/h3/session.js": 'import { randomUUID } from "node:crypto";\n',
  "__test__/h3/session.test.ts": 'it("holds, test.only in words", () => expect(1).toBe(1));\n',
  "__test__/h3/_app.ts": "export const app = 1;\n",
};

const NAPI = "only src/binding names napi";
const OPTIONAL = "napi is optional";
const FEATURE = "the binding is behind its feature";
const REACH = "nothing but src/binding reaches the binding";
const FOUNDATION = "the foundation knows nothing above it";
const SEAL_LIMIT = "seal and limit know no session and no store";
const CLIENT = "the client of Redis knows nothing that is kept in it";
const PURE = "seal, limit and the foundation do no I/O and wait for nothing";
const CLOCK = "only src/clock.rs reads a clock";
const FORBID = "core modules forbid unsafe code";
const ONE_IMPL = "the binding has one unsafe impl";
const SAFETY = "unsafe code says why it is sound";
const GUARD = "every export goes through the guard";
const ARGUMENTS = "no export has napi convert an argument";
const STORES = "store backends do not know each other";
const LOADER = "only js/engine/native.ts reaches the loader";
const NO_H3 = "h3 is never imported at run time";
const SHAPE = "only js/h3/_h3.ts looks at the shape of an event";
const CRYPTO_IMPORT = "js imports no crypto";
const CRYPTO_USE = "js uses no crypto";
const TOP = "the top level is fixed";
const LENGTH = "no file over 400 lines";
const ASSERT = "test files assert something";
const LEFT_OUT = "no test is left out";
const COLLECTED = "tests are where vitest looks for them";
const FLOORS = "floors are in the form that cargo-deny reads";

const plant = (rule: string, what: string, path: string, content: string): Plant => ({
  rule,
  what,
  files: { [path]: content },
});

const rust = (rule: string, path: string, line: string) => plant(rule, line, path, core(line));

const js = (rule: string, line: string, path = "js/h3/session-config.ts") => plant(rule, line, path, text(line));

const test = (rule: string, line: string) => js(rule, line, "__test__/h3/planted.test.ts");

export const PLANTS: readonly Plant[] = [
  rust(NAPI, "src/seal/iron.rs", "use napi::Result;"),
  rust(NAPI, "src/session/id.rs", "#[napi_derive::napi]"),
  plant(NAPI, "re-exported at the root", "src/lib.rs", "pub use napi;\n"),
  plant(OPTIONAL, "always there", "Cargo.toml", 'napi = { version = "3" }\n'),
  plant(OPTIONAL, "as a bare version", "Cargo.toml", 'napi-derive = "3"\n'),
  plant(FEATURE, "always compiled", "src/lib.rs", "mod binding;\n"),
  plant(FEATURE, "under another", "src/lib.rs", '#[cfg(feature = "default")]\n\npub mod binding;\n'),
  rust(REACH, "src/session/id.rs", "use crate::binding::settle;"),
  rust(REACH, "src/seal/iron.rs", "use crate::{binding, error};"),
  rust(FOUNDATION, "src/error.rs", "use crate::seal::Token;"),
  rust(FOUNDATION, "src/secret.rs", "use crate::{error, session};"),
  rust(SEAL_LIMIT, "src/seal/iron.rs", "use crate::session::Session;"),
  rust(SEAL_LIMIT, "src/limit/quota.rs", "use crate::store::SessionStore;"),
  rust(CLIENT, "src/redis/server.rs", "use crate::store::SessionStore;"),
  rust(CLIENT, "src/redis/mod.rs", "use crate::{error, limit};"),
  rust(PURE, "src/seal/iron.rs", "pub async fn seal() {}"),
  rust(PURE, "src/seal/iron.rs", "fn seal() { key().await; }"),
  rust(PURE, "src/limit/quota.rs", "use tokio::sync::Mutex;"),
  rust(PURE, "src/error.rs", "use std::net::IpAddr;"),
  rust(PURE, "src/secret.rs", "use std::{fmt, fs::File};"),
  rust(PURE, "src/clock.rs", "fn wait() { spawn(async move { tick() }); }"),
  rust(CLOCK, "src/seal/iron.rs", "fn age() { std::time::SystemTime::now(); }"),
  rust(CLOCK, "src/session/id.rs", "let start = Instant::now();"),
  plant(CLOCK, "in the binding", "src/binding/clock.rs", "fn f() { Instant::now(); }\n"),
  plant(FORBID, "nothing there", "src/session/id.rs", "pub struct SessionId;\n"),
  plant(FORBID, "only in words", "src/secret.rs", "// #![forbid(unsafe_code)]\n"),
  plant(FORBID, "only denied", "src/seal/iron.rs", "#![deny(unsafe_code)]\n"),
  plant(ONE_IMPL, "a second file", "src/binding/other.rs", text(...SOUND_IMPL)),
  plant(ONE_IMPL, "twice in one", RUNTIME, text(...SOUND_IMPL, ...SOUND_IMPL)),
  plant(SAFETY, "no comment", RUNTIME, "unsafe impl A for B {}\n"),
  plant(SAFETY, "another comment", RUNTIME, "// It is fine.\nunsafe impl A for B {}\n"),
  plant(SAFETY, "not just before", RUNTIME, "// SAFETY: yes.\n\nfn f() { unsafe { g() } }\n"),
  plant(GUARD, "no guard", SEALER, text("#[napi(catch_unwind)]", "pub fn seal(&self) -> R<()> {", "    Ok(())", "}")),
  plant(GUARD, "not around all", SEALER, text("#[napi(catch_unwind)]", "pub fn f() -> R<()> { g(); guard(N, b) }")),
  plant(GUARD, "napi's own missing", SEALER, text("#[napi(getter)]", 'pub fn f() -> R<()> { guard("f", || g()) }')),
  plant(GUARD, "in what is given away", SEALER, text("fn f(call: &Call<'_>) -> Returned {", "    Ok(None)", "}")),
  plant(GUARD, "async", "src/binding/meta.rs", text("#[napi]", "/// Waits.", "pub async fn f() {}")),
  plant(
    ARGUMENTS,
    "a text",
    SEALER,
    text("#[napi(catch_unwind)]", "pub fn f(now: JsNumber, token: String) -> R<()> {", "guard(N, b)", "}"),
  ),
  plant(
    ARGUMENTS,
    "an object",
    SEALER,
    text("#[napi(constructor, catch_unwind)]", "pub fn new(o: SealerOptions) -> R<()> { guard(N, b) }"),
  ),
  rust(STORES, "src/store/redis.rs", "use super::memory::Memory;"),
  rust(STORES, "src/store/tiered.rs", "use crate::store::{SessionStore, redis};"),
  rust(STORES, "src/store/memory/evict.rs", "use crate::store::redis::Redis;"),
  rust(STORES, "src/store/resilient/calls.rs", "use crate::store::memory::Memory;"),
  js(LOADER, 'import native from "../../index.cjs";'),
  js(LOADER, 'const native = createRequire(import.meta.url)("../index.cjs");', "js/index.ts"),
  js(LOADER, 'import native from "../engine/load.cjs";'),
  js(LOADER, 'import type { Sealer } from "../index.js";', "js/warn.ts"),
  js(LOADER, 'const native = require("../../index.cjs");', "js/engine/other.cts"),
  js(LOADER, "process.dlopen(module, `../ironkeep.${platform}.node`);"),
  js(NO_H3, 'import { useSession } from "h3";'),
  js(NO_H3, 'import { type H3Event } from "h3";'),
  js(NO_H3, 'export * from "h3";', "js/index.ts"),
  js(NO_H3, 'import "h3";'),
  js(NO_H3, 'const h3 = await import("h3");'),
  js(NO_H3, 'const h3 = createRequire(import.meta.url)("h3");'),
  js(NO_H3, 'import { defineHandler } from "nitro/h3";'),
  js(NO_H3, 'import { useSession } from "h3";', "dist/h3/index.js"),
  js(NO_H3, 'const h3 = require("h3");', "dist/h3/load.cjs"),
  js(SHAPE, "const isV1 = event.node !== undefined;"),
  js(SHAPE, "event?.res?.errHeaders.append(name, value);"),
  js(SHAPE, 'if ("res" in event) return 2;'),
  js(SHAPE, 'const { headers } = event["node"];'),
  js(SHAPE, "const { node, context } = event;"),
  js(SHAPE, "const response = (event as V1Event).node;", "js/engine/index.ts"),
  js(CRYPTO_IMPORT, 'import { hash } from "node:crypto";'),
  js(CRYPTO_IMPORT, 'import { randomUUID, randomBytes } from "node:crypto";'),
  js(CRYPTO_IMPORT, 'import crypto from "crypto";'),
  js(CRYPTO_IMPORT, 'const { randomBytes } = await import("node:crypto");'),
  js(CRYPTO_IMPORT, 'const { randomBytes } = require("node:crypto");', "js/engine/load.cts"),
  js(CRYPTO_USE, "const key = await crypto.subtle.importKey(format, bytes);"),
  js(CRYPTO_USE, "globalThis.crypto.getRandomValues(bytes);", "js/engine/index.ts"),
  js(CRYPTO_USE, "const mac = createHmac(algorithm, key);"),
  js(TOP, "export {};", "helpers.ts"),
  js(TOP, "export {};", "lib/helpers.ts"),
  plant(LENGTH, "Rust", "src/seal/iron.rs", core(...Array<string>(400).fill("// A line."))),
  plant(LENGTH, "TypeScript", "js/errors.ts", text(...Array<string>(401).fill("// A line."))),
  test(ASSERT, 'it("does nothing", () => { seal(); });'),
  test(ASSERT, '// expect(seal()).toBe("x")'),
  test(LEFT_OUT, 'it.only("holds", () => expect(1).toBe(1));'),
  test(LEFT_OUT, 'describe.skip("later", () => expect(1).toBe(1));'),
  test(LEFT_OUT, 'test.concurrent.todo("later"); expect(1).toBe(1);'),
  test(LEFT_OUT, 'describe.skipIf(isWindows)("x", () => expect(1).toBe(1));'),
  rust(LEFT_OUT, "src/seal/iron.rs", "#[test] #[ignore] fn seals() {}"),
  js(COLLECTED, "expect(1).toBe(1);", "__test__/h3/session.spec.ts"),
  js(COLLECTED, "expect(1).toBe(1);", "js/h3/session.test.ts"),
  plant(FLOORS, "with an at sign", "deny.toml", 'deny = [{ crate = "lru@<0.18.2" }]\n'),
];
