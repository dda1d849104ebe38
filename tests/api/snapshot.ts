/** The API as a file: what it was, and what was taken out of it on purpose since then. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../package/tools.ts";
import type { Api, Member } from "./members.ts";

export const snapshotFile: string = join(root, "tests/api/snapshot.tsv");

export interface Snapshot {
  /** The section of the changelog that `gone` has to stand in. */
  readonly version: string;
  readonly api: Api;
  /** Names that were removed or renamed in that version. */
  readonly gone: readonly string[];
}

const HEAD = `# The public API: name, type and marks, what is said of defaults, the first sentence about it.
# Written by \`deno task api:accept\`; tests/api/api_test.ts compares with it.
`;

export function snapshotText({ version, api, gone }: Snapshot): string {
  const lines = [`version\t${version}`, ...gone.map((name) => `gone\t${name}`)];
  for (const [name, { signature, defaults, about }] of api) {
    lines.push([name, signature, defaults, about].join("\t"));
  }
  return `${HEAD}${lines.join("\n")}\n`;
}

export function readSnapshot(text: string): Snapshot {
  const api = new Map<string, Member>();
  const gone: string[] = [];
  let version = "";
  for (const line of text.split("\n")) {
    if (line === "" || line.startsWith("#")) continue;
    const [name = "", signature = "", defaults = "", about = ""] = line.split("\t");
    if (name === "version") version = signature;
    else if (name === "gone") gone.push(signature);
    else api.set(name, { signature, defaults, about });
  }
  return { version, api, gone };
}

export function currentSnapshot(): Snapshot {
  return readSnapshot(readFileSync(snapshotFile, "utf8"));
}
