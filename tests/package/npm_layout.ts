/**
 * Run by Deno, which can take types out of files: makes of the published files, in the folder given, what npm
 * packages are made of. JSR does the same for those who install from it with npm or Bun: JavaScript in the place of
 * TypeScript, a `package.json` with the exports and the dependencies.
 */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { dirname, join } from "node:path";
import process from "node:process";

const [from = "", to = ""] = process.argv.slice(2);

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
}

const { name, version, exports, imports } = JSON.parse(
  readFileSync(join(from, "deno.json"), "utf8"),
) as Manifest;

for (const path of readdirSync(from, { recursive: true, encoding: "utf8" })) {
  if (!/\.[a-z]+$/.test(path) || path === "deno.json") continue;
  const source = readFileSync(join(from, path), "utf8");
  const target = join(to, script(path));
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, path.endsWith(".ts") ? javaScript(source) : source);
}

const dependencies = Object.entries(imports).map(([name, specifier]) => [name, specifier.split("@").at(-1)]);
const entries = Object.entries(exports).map(([path, file]) => [path, { default: script(file) }]);
const manifest = {
  ...{ name, version, type: "module" },
  dependencies: Object.fromEntries(dependencies),
  exports: Object.fromEntries(entries),
};
writeFileSync(join(to, "package.json"), JSON.stringify(manifest, null, 2));

function javaScript(source: string): string {
  return stripTypeScriptTypes(source).replace(/"(\.{1,2}\/[^"\n]+)\.ts"/g, '"$1.js"');
}

function script(path: string): string {
  return path.replace(/\.ts$/, ".js");
}
