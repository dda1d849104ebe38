/** Which runtimes the program runs on. Imported before anything that an older one could not even load. */

import { exit, runtimeName, runtimeVersion, writeErrorOutput } from "./process.ts";

/**
 * The oldest version of each on which the tests pass; `engines` in `package.json` says the same. (Before them tests
 * of the storage fail, with Bun those of renewed certificates as well.)
 */
export const oldestVersions: { readonly [K in typeof runtimeName]: string } = {
  deno: "2.9.1",
  bun: "1.4.4",
  node: "24.0.0",
};

const names: { readonly [K in typeof runtimeName]: string } = { deno: "Deno", bun: "Bun", node: "Node" };

const newer: { readonly [K in typeof runtimeName]: string } = {
  deno: "`deno upgrade`, or `npx -y deno@latest` in the place of `deno`",
  bun: "`bun upgrade`, or `npx -y bun@latest` in the place of `bun`",
  node: "a newer Node, or `npx -y deno@latest run -A main.ts`",
};

/** Null: it is new enough. */
export function runtimeFault(name: typeof runtimeName, version: string): string | null {
  const oldest = oldestVersions[name];
  if (!isOlder(version, oldest)) return null;
  const enough = oldest.replace(/(\.0)+$/, "");
  return `Cannot run on ${names[name]} ${version}, expected ${names[name]} ${enough} or newer: ${
    newer[name]
  }`;
}

/** Ends the process with one line where the program would fail later, in words of its own. */
export function refuseOldRuntime(): void {
  const fault = runtimeFault(runtimeName, runtimeVersion);
  if (fault === null) return;
  writeErrorOutput(`comqtt: ${fault}\n`);
  exit(1);
}

/** (What follows a dash or a plus, `2.9.0-rc.1+abc`, is of that version.) */
function isOlder(version: string, than: string): boolean {
  const [is, least] = [version, than].map((text) => text.split(/[-+]/, 1)[0]!.split(".").map(Number));
  for (const [i, part] of least!.entries()) {
    if (is![i] !== part) return !(is![i]! > part);
  }
  return false;
}
