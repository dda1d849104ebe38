/** `comqtt config migrate FILE` */

import { writeFileSync } from "node:fs";
import { CodedError } from "../../core/errors.ts";
import { quote } from "../../core/problem.ts";
import type { Call } from "../call.ts";
import { migrate } from "./migrate.ts";

/** What comes out is said, or written with `--out`. */
export async function configMigrate(call: Call): Promise<string> {
  const [file = ""] = call.operands;
  const text = await migrate(call, file);
  const out = call.given.get("out")?.[0];
  if (out === undefined) return text;
  try {
    // (Nothing is overwritten, and there may be passwords in it.)
    writeFileSync(out, text, { flag: "wx", mode: 0o600 });
  } catch (error) {
    throw new CodedError(
      "file-not-writable",
      `Cannot write the file ${quote(out)}: ${(error as Error).message}`,
      { cause: error },
    );
  }
  return `${quote(out)} says what ${quote(file)} says; read its remarks before it is used\n`;
}
