/** `comqtt config migrate FILE` */

import { writeFileSync } from "node:fs";
import { CodedError } from "../../core/errors.ts";
import { nearest } from "../../core/nearest.ts";
import { quote } from "../../core/problem.ts";
import type { Call } from "../call.ts";
import { migrate } from "./migrate.ts";

/** What can be done with a file, by its name. */
const actions: ReadonlyMap<string, (call: Call, file: string) => Promise<string>> = new Map([
  ["migrate", migrate],
]);

/** What comes out is said, or written with `--out`. */
export async function config(call: Call): Promise<string> {
  const [name = "", file = ""] = call.operands;
  const action = actions.get(name);
  if (action === undefined) {
    const meant = nearest(name, actions.keys());
    const hint = meant === null ? `expected ${[...actions.keys()].join(", ")}` : `did you mean "${meant}"`;
    throw new CodedError("usage-invalid", `Unknown command ${quote(`config ${name}`)}, ${hint}`);
  }
  const text = await action(call, file);
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
