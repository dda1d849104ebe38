/**
 * `deno task api:accept`: the public API as it is now becomes what later ones are compared with. Refused while something
 * that was removed or renamed has no name in the newest section of CHANGELOG.md. `--show` writes nothing and shows what
 * is added, removed, changed and reworded. `--from FOLDER` takes the API of another checkout.
 */

import { existsSync, writeFileSync } from "node:fs";
import process from "node:process";
import { parseArgs } from "node:util";
import { root } from "../package/tools.ts";
import { currentSection } from "./changelog.ts";
import { accepted, changesOf, unnamed } from "./compare.ts";
import { apiOf } from "./members.ts";
import { currentSnapshot, type Snapshot, snapshotFile, snapshotText } from "./snapshot.ts";

async function main(): Promise<number> {
  const { values } = parseArgs({ options: { show: { type: "boolean" }, from: { type: "string" } } });
  const section = currentSection();
  const now = await apiOf(values.from ?? root);
  const none: Snapshot = { version: section.version, api: new Map(), gone: [] };
  const before = existsSync(snapshotFile) ? currentSnapshot() : none;
  const { added, removed, changed, reworded } = changesOf(before.api, now);
  const shown = [
    ...added.map((name) => `added: ${name}`),
    ...removed.map((name) => `removed: ${name}`),
    ...[...changed, ...reworded].map(({ name, before, now }) =>
      `changed: ${name}\n  before: ${before}\n  now:    ${now}`
    ),
  ];
  console.log(shown.length === 0 ? "Nothing is different" : shown.join("\n"));
  if (values.show) return 0;
  const next = accepted(before, now, section);
  const refused = unnamed(next.gone, section);
  if (refused.length > 0) {
    console.error(refused.join("\n"));
    return 1;
  }
  writeFileSync(snapshotFile, snapshotText(next));
  return 0;
}

process.exit(await main());
