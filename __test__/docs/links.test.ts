// What the pages point to is there.

import { existsSync } from "node:fs";
import { dirname, join, relative } from "node:path";

import { expect, test } from "vitest";

import { PAGES, ROOT, textOf } from "./_pages.ts";

const OTHERS = ["ARCHITECTURE.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"];

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(text: string): Set<string> {
  const withoutCode = text.replaceAll(/^```.*?^```$/gms, "");
  const headings = [...withoutCode.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{Letter}\p{Number} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
  const anchors = new Set<string>();
  for (const heading of headings) {
    let anchor = heading;
    for (let n = 1; anchors.has(anchor); n++) anchor = `${heading}-${n}`;
    anchors.add(anchor);
  }
  return anchors;
}

/** Links of a page to files of the repository that lead nowhere. */
function brokenLinks(page: string, text: string): string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  return links
    .filter((link) => !/^[a-z]+:/.test(link))
    .filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? page : relative(ROOT, join(ROOT, dirname(page), path));
      if (!existsSync(join(ROOT, target))) return true;
      return anchor !== undefined && !anchorsOf(textOf(target)).has(anchor);
    });
}

test.each([...PAGES, ...OTHERS])("every link of %s leads to a file and a heading", (page) => {
  expect(brokenLinks(page, textOf(page))).toEqual([]);
});

test("a link that leads nowhere is found", () => {
  const text = "[a](docs/none.md) [b](docs/keys.md#none) [c](#none) [d](docs/keys.md) [e](https://example.com)";
  expect(brokenLinks("README.md", text)).toEqual(["docs/none.md", "docs/keys.md#none", "#none"]);
});
