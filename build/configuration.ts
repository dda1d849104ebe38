/** Writes what is made from the table of settings: docs/configuration.md and config/schema.json. */

import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { schemaText } from "../src/cli/commands/config_schema.ts";
import { documentation } from "../src/config/table/docs.ts";

const root = new URL("../", import.meta.url);

/** Each file with the text it should have. */
export async function madeFiles(): Promise<Map<string, string>> {
  const page = await readFile(new URL("docs/configuration.md", root), "utf8");
  return new Map([
    ["docs/configuration.md", documentation(page)],
    ["config/schema.json", schemaText()],
  ]);
}

if (import.meta.main) {
  for (const [path, text] of await madeFiles()) await writeFile(fileURLToPath(new URL(path, root)), text);
}
