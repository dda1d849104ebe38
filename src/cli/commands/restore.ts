/** `comqtt restore FILE` */

import { restoreDatabase } from "../../../hooks/storage/sqlite.ts";
import { quote } from "../../core/problem.ts";
import type { Call } from "../call.ts";
import { databaseOf, fileOf } from "./database.ts";

export async function restore(call: Call): Promise<string> {
  const path = databaseOf(call, "restore a backup");
  const source = fileOf(call.operands[0]!);
  const aside = await restoreDatabase(source, path);
  const before = aside === null ? "" : `; what was there is kept as ${quote(aside)}`;
  return `${quote(path)} has everything that is in ${quote(source)}${before}\n`;
}
