/** The files of the program. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../package/tools.ts";

/** What is published; the tests and the build stand outside. */
const FOLDERS = ["src", "hooks", "dashboard"];
const FILES = ["main.ts", "mod.ts"];

/** The paths of all files in the folders, TypeScript or not, from the root on and in order. */
export function filesInFolders(): string[] {
  return FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length))
  ).map((path) => path.replaceAll("\\", "/")).sort();
}

/** The TypeScript by its path. */
export function sources(): ReadonlyMap<string, string> {
  const paths = [...filesInFolders(), ...FILES].filter((path) => /\.tsx?$/.test(path));
  return new Map(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
}
