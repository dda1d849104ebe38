/** Programs the package is looked at with. What is published is known by Deno only, so Bun's tests need it, too. */

import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { runtimeName } from "../../src/runtime/process.ts";
import { type Needed, needs } from "../harness/needs.ts";
import { type Ran, run as runToEnd } from "../harness/run.ts";

const PATIENCE_MS = 60_000;

export const root: string = fileURLToPath(new URL("../../", import.meta.url));

/** Runs a program to its end; code null: it had to be ended. */
export function run(
  command: string,
  args: readonly string[],
  folder: string,
  variables: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return runToEnd(command, args, { patience: PATIENCE_MS, folder, variables });
}

export interface Tool {
  readonly command: string;
  /** For tests that need it; where everything has to be there, a test that is skipped counts as failed. */
  readonly needed: Needed;
}

function tool(name: string, command: string, enough: (version: string) => boolean): Tool {
  const { error, stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
  const there = error === undefined && enough(stdout ?? "");
  return { command, needed: needs(name, there) };
}

export const deno: Tool = tool("deno", runtimeName === "deno" ? process.execPath : "deno", () => true);
export const bun: Tool = tool("bun", runtimeName === "bun" ? process.execPath : "bun", () => true);
export const node: Tool = tool("node 24", "node", (version) => Number(/^v(\d+)\./.exec(version)?.[1]) >= 24);

/** `bun install` was done here; Deno needs none. */
export const packages: Needed = needs("bun install", existsSync(join(root, "node_modules")));

/** The folder with the packages of `package.json`; those of a fresh clone go to a folder of their own. */
export async function modulesFolder(spare: string): Promise<string> {
  if (!("skip" in packages)) return join(root, "node_modules");
  mkdirSync(spare);
  for (const name of ["package.json", "bun.lock"]) cpSync(join(root, name), join(spare, name));
  const { code, errors } = await run(bun.command, ["install", "--frozen-lockfile", "--production"], spare);
  if (code !== 0) throw new Error(`Cannot install what package.json says: ${errors}`);
  return join(spare, "node_modules");
}

/** The files that `deno publish` would publish of a folder, relative to it. */
export async function publishedFiles(folder: string): Promise<string[]> {
  const args = ["publish", "--dry-run", "--allow-dirty", "--no-check"];
  const { code, output, errors } = await run(deno.command, args, folder);
  if (code !== 0) throw new Error(`The dry run failed: ${output}${errors}`);
  const listed = [...`${output}${errors}`.matchAll(/^ +(file:\S+) \([\d.]+[kKMG]?i?B\)$/gm)];
  const base = folder.endsWith("/") ? folder : `${folder}/`;
  return listed.map(([, url]) => fileURLToPath(url!).slice(base.length));
}

/** What one module leads to. */
export interface Graph {
  /** Files, those imported as text too. */
  readonly files: string[];
  /** npm packages by name. */
  readonly packages: string[];
}

/** What a module of a folder imports, and what that imports, and so on. */
export async function graphOf(entry: string, folder: string): Promise<Graph> {
  const { code, output, errors } = await run(deno.command, ["info", "--json", entry], folder);
  if (code !== 0) throw new Error(`Cannot read the imports of ${entry}: ${errors}`);
  const { modules } = JSON.parse(output) as { modules: { specifier: string; error?: string }[] };
  const failed = modules.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw new Error(`${failed.specifier}: ${failed.error}`);
  const specifiers = modules.map(({ specifier }) => specifier);
  const packages = specifiers.map((specifier) => /^npm:\/?((?:@[^/]+\/)?[^@/]+)@/.exec(specifier)?.[1]);
  return {
    files: specifiers.filter((specifier) => specifier.startsWith("file:")).map((url) => fileURLToPath(url)),
    packages: packages.filter((name) => name !== undefined),
  };
}
