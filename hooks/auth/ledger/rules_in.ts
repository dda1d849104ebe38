/** The rules in a file. */

import { textOf } from "../../../src/core/error_text.ts";
import { readTextFile } from "../../../src/runtime/process.ts";
import { compileText } from "./compile.ts";
import { LedgerError } from "./error.ts";
import type { Rulebook } from "./rulebook.ts";

/** Rejects with a `LedgerError`, also when it cannot be read. */
export async function rulesIn(path: string): Promise<Rulebook> {
  let text: string;
  try {
    text = await readTextFile(path);
  } catch (error) {
    const why = textOf(error);
    throw new LedgerError([{ where: path, message: `Cannot read the ledger: ${why}` }], {
      cause: error,
      code: "file-not-readable",
    });
  }
  return compileText({ file: path, text });
}
