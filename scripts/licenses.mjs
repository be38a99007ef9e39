// Writes the licences of what is compiled into the addon, which its packages have to carry: THIRD-PARTY-LICENSES.md.
//
// What only runs in the compiler is not in the binary: build scripts and macros. A crate that leaves the choice is used
// under the first of CHOSEN that it offers.

import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";

import { Failure, capture, main, root } from "./lib/run.mjs";

const OUTPUT = "THIRD-PARTY-LICENSES.md";
const CHOSEN = ["MIT", "ISC", "BSD-3-Clause", "Zlib", "Apache-2.0", "BSL-1.0", "Unicode-3.0"];
const LICENCE_FILE = /^(?:copying|licen[cs]e|notice)/i;

/** The notices of crates whose archive has no file with them. */
const NOTICES = {
  // github.com/napi-rs/napi-rs, LICENSE
  napi: ["Copyright (c) 2020 LongYinan", "Copyright (c) 2018 GitHub"],
  "napi-sys": ["Copyright (c) 2020 LongYinan", "Copyright (c) 2018 GitHub"],
};

/** In every binary, and no crate of Cargo.lock. */
const STANDARD_LIBRARY = { label: "Rust's standard library", notices: ["Copyright (c) The Rust Project Contributors"] };

const compare = (a, b) => (a < b ? -1 : Number(a > b));

function linkedCrates() {
  const { napi } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const platforms = napi.targets.flatMap((target) => ["--filter-platform", target]);
  const metadata = JSON.parse(capture("cargo", ["metadata", "--format-version", "1", "--locked", ...platforms]));
  const crates = new Map(metadata.packages.map((crate) => [crate.id, crate]));
  const dependencies = new Map(metadata.resolve.nodes.map(({ id, deps }) => [id, deps]));
  const linked = new Set();

  function visit(id) {
    const crate = crates.get(id);
    if (linked.has(crate) || crate.targets.some(({ kind }) => kind.includes("proc-macro"))) return;
    linked.add(crate);
    // The kind of an ordinary dependency is null; others are "dev" and "build".
    const ordinary = dependencies.get(id).filter(({ dep_kinds: kinds }) => kinds.some(({ kind }) => kind === null));
    for (const dependency of ordinary) visit(dependency.pkg);
  }
  visit(metadata.resolve.root);
  linked.delete(crates.get(metadata.resolve.root));
  return [...linked].toSorted((a, b) => compare(a.name, b.name) || compare(a.version, b.version));
}

const filesIn = (folder, isWanted) =>
  readdirSync(folder, { recursive: true })
    .filter((path) => isWanted(basename(path)))
    .toSorted();

const isNotice = (line) => /^(?:Copyright|©) ?(?:\(c\)|©|\d)/i.test(line);
const isTitle = (line) => /^(?:The )?MIT License(?: \(MIT\))?$/i.test(line);

/** A licence that many crates have: its text, which is the same for all, and this crate's notices. */
function common(title, label, text) {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/^\/\/ ?/, "").trim());
  const body = lines.filter((line) => !isNotice(line) && !isTitle(line));
  return { title, body: body.join("\n").trim(), label, notices: lines.filter(isNotice) };
}

/** What has to be told of a crate: one licence, or several that hold together, each file of them as it is. */
function licencesOf({ name, version, license, manifest_path: manifest }) {
  const folder = dirname(manifest);
  const label = `${name} ${version}`;
  if (license.includes(" AND ") && !license.includes(" OR ")) {
    return filesIn(folder, (file) => LICENCE_FILE.test(file)).map((path) => ({
      title: `${label}, ${path.replaceAll("\\", "/")}`,
      body: readFileSync(join(folder, path), "utf8").trimEnd(),
      label,
      notices: [],
    }));
  }
  // "/" is how Cargo once had it.
  const title = CHOSEN.find((licence) => license.split(/ OR |\//).includes(licence));
  const own = readdirSync(folder).filter((file) => LICENCE_FILE.test(file));
  const ending = title === undefined ? "" : title.split("-")[0].toLowerCase();
  const isOfTitle = (path) => basename(path, extname(path)).toLowerCase().endsWith(`-${ending}`);
  const [file, ...others] = own.length > 1 ? own.filter(isOfTitle) : own;
  if (title !== undefined && others.length === 0) {
    if (file !== undefined) return [common(title, label, readFileSync(join(folder, file), "utf8"))];
    if (title === "MIT" && name in NOTICES) return [{ title, label, notices: NOTICES[name] }];
  }
  throw new Failure(
    `${label} is under "${license}" with the files ${own}: scripts/licenses.mjs cannot tell what to print.`,
  );
}

/** Entries under the same text become one section. A text is its words: crates differ in where lines break. */
function sections(entries) {
  const groups = new Map();
  for (const entry of entries) {
    const key = (entry.body ?? "").toLowerCase().replaceAll(/[^a-z]/g, "");
    groups.set(key, [...(groups.get(key) ?? []), entry]);
  }
  // Those without a text of their own are all under MIT.
  const withoutText = groups.get("") ?? [];
  groups.delete("");
  const bySize = [...groups.values()].toSorted((a, b) => b.length - a.length);
  bySize.find(([{ title }]) => title === "MIT").push(...withoutText);
  return bySize.map(([first, ...others]) => ({ ...first, entries: [first, ...others] }));
}

function written({ title, body, entries }) {
  const list = entries
    .toSorted((a, b) => compare(a.label.toLowerCase(), b.label.toLowerCase()))
    .map(({ label, notices }) => [`- ${label}`, ...notices.map((notice) => `  - ${notice}`)].join("\n"));
  return `## ${title}\n\n${list.join("\n")}\n\n\`\`\`\n${body}\n\`\`\`\n`;
}

const INTRODUCTION = `# Licences of what is compiled into Ironkeep's binaries

Generated from Cargo.lock by \`npm run build\`: the crates of all platforms together. What is offered under MIT and another
licence is used under MIT.
`;

await main(() => {
  const entries = [...linkedCrates().flatMap(licencesOf), { title: "MIT", ...STANDARD_LIBRARY }];
  writeFileSync(join(root, OUTPUT), [INTRODUCTION, ...sections(entries).map(written)].join("\n"));
});
