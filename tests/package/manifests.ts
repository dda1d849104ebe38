/** The two manifests. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
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
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

function read<T>(name: string): T {
  return JSON.parse(readFileSync(join(root, name), "utf8")) as T;
}

export const denoManifest: DenoManifest = read("deno.json");
export const nodeManifest: NodeManifest = read("package.json");

/** What a user writes to import each entry: `@comqtt/comqtt`, `@comqtt/comqtt/hooks/debug` and so on. */
export const entries: readonly string[] = Object.keys(denoManifest.exports)
  .map((path) => `${denoManifest.name}${path.slice(1)}`);
