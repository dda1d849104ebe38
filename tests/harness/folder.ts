/** Places for files of a test, removed when the tests of the process have ended. */

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const folders: string[] = [];

function removeAll(): void {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
}

// (Deno's test runner ends without the one, Bun and Node have no other.)
process.once("exit", removeAll);
globalThis.addEventListener?.("unload", removeAll);

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "comqtt-"));
  folders.push(folder);
  return folder;
}
