/** Everything the exports lead to is published: `deno publish` itself does not notice what is missing. */

import assert from "node:assert/strict";
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { denoManifest, programFiles } from "./manifests.ts";
import { deno, graphOf, publishedFiles, root } from "./tools.ts";

/** What modules of a folder lead to and is not published; and how many files it was. */
async function missing(
  folder: string,
  modules: readonly string[],
): Promise<{ missing: string[]; files: number }> {
  const published = new Set((await publishedFiles(folder)).map((name) => join(folder, name)));
  const reached = new Set<string>();
  for (const name of modules) for (const file of (await graphOf(name, folder)).files) reached.add(file);
  return { missing: [...reached].filter((file) => !published.has(file)), files: reached.size };
}

test("package: every file the exports and the program lead to is published", deno.needed, async () => {
  const found = await missing(root, [...Object.values(denoManifest.exports), ...programFiles]);
  assert.deepEqual(found.missing, []);
  assert.ok(found.files > 150, `${found.files} files`);
});

test("package: a text asset or a module that is not published would be noticed", deno.needed, async () => {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "comqtt-")));
  try {
    const manifest = {
      ...{ name: "@comqtt/comqtt", version: "0.1.0", license: "MIT", exports: "./mod.ts" },
      publish: { include: ["mod.ts", "deno.json"] },
    };
    writeFileSync(join(folder, "deno.json"), JSON.stringify(manifest));
    writeFileSync(join(folder, "page.html"), "<p>");
    writeFileSync(join(folder, "mod.ts"), 'export { default } from "./page.html" with { type: "text" };\n');
    assert.deepEqual(await missing(folder, ["./mod.ts"]), { missing: [join(folder, "page.html")], files: 2 });
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("package: what is published is what it is made of, and nothing else", deno.needed, async () => {
  const published = await publishedFiles(root);
  for (const name of ["README.md", "LICENSE", "CHANGELOG.md", "deno.json", "mod.ts"]) {
    assert.ok(published.includes(name), name);
  }
  const folders = new Set(published.map((name) => name.includes("/") ? name.split("/", 1)[0] : ""));
  assert.deepEqual([...folders].toSorted(), ["", "config", "dashboard", "hooks", "src"]);
});
