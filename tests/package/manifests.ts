/** The two manifests. */

import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { partPaths } from "../../src/cli/parts.ts";
import { root } from "./tools.ts";

export interface DenoManifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
  readonly publish: { readonly include: readonly string[] };
  readonly tasks: Readonly<Record<string, { readonly command: string }>>;
}

export interface NodeManifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly engines: Readonly<Record<string, string>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(root, name), "utf8")) as T;
}

export const denoManifest: DenoManifest = read("deno.json");
export const nodeManifest: NodeManifest = read("package.json");

/** Files of the program: the one that is started, and those that it loads when they are needed. */
export const programFiles: readonly string[] = [
  "main.ts",
  ...Object.values(partPaths).map((path) => relative(root, join(root, "src/cli", path))),
];

/** What a user writes to import each entry: `@comqtt/comqtt`, `@comqtt/comqtt/hooks/debug` and so on. */
export const entries: readonly string[] = Object.keys(denoManifest.exports)
  .map((path) => `${denoManifest.name}${path.slice(1)}`);
