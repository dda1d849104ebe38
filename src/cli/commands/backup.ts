/** `comqtt backup FILE` */

import { statSync } from "node:fs";
import { backupDatabase } from "../../../hooks/storage/sqlite.ts";
import { quote } from "../../core/problem.ts";
import type { Call } from "../call.ts";
import { databaseOf, fileOf } from "./database.ts";
import { sizeText } from "./size_text.ts";

export async function backup(call: Call): Promise<string> {
  const path = databaseOf(call, "make a backup");
  const target = fileOf(call.operands[0]!);
  await backupDatabase(path, target);
  return `${quote(target)} has everything that was in ${quote(path)}: ${sizeText(statSync(target).size)}\n`;
}
