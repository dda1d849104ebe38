/** `comqtt users import FILE`: mosquitto's dynamic security becomes users and roles of the store. */

import { readFileSync } from "node:fs";
import { dynsecImport, readDynsec } from "../../../hooks/auth/dynsec/read.ts";
import { textOf } from "../../core/error_text.ts";
import { CodedError } from "../../core/errors.ts";
import { quote } from "../../core/problem.ts";
import { withStore } from "../access_store.ts";
import type { Call } from "../call.ts";

/** What has no counterpart is said, and the rest is taken over, all of it or nothing. */
export async function importUsers(call: Call): Promise<string> {
  const file = call.operands[0]!;
  const found = readDynsec(read(file), file);
  const { users, roles } = await withStore(call, (store) => store.import(dynsecImport(found)), {
    makes: true,
  });
  const counts = [counted(users, "user"), counted(roles, "role")];
  return [...found.report, ...counts].map((line) => `${line}\n`).join("");
}

function counted(
  { added, changed }: { readonly added: number; readonly changed: number },
  what: string,
): string {
  const are = added === 1 ? `${what} is` : `${what}s are`;
  return `${added} ${are} new, ${changed} ${changed === 1 ? "was" : "were"} replaced`;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const message = `Cannot read ${quote(file)}: ${textOf(error)}`;
    throw new CodedError("file-not-readable", message, { cause: error });
  }
}
