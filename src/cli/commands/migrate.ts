/** The file of another broker, or of comqtt 2, as one for this program. */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { CodedError } from "../../core/errors.ts";
import { merge } from "../../config/merge.ts";
import { migrateMosquitto } from "../../config/mosquitto/migrate.ts";
import { isMosquitto } from "../../config/mosquitto/recognise.ts";
import { nativeText } from "../../config/native_text.ts";
import { ConfigError, type Problem, quote } from "../../core/problem.ts";
import { describeListenFault } from "../../runtime/tcp/listen_fault.ts";
import type { Call } from "../call.ts";

export async function migrate({ parts }: Call, file: string): Promise<string> {
  const text = read(file);
  const { fileLayer } = await parts.configurationFile();
  if (isMosquitto(text)) {
    const migrated = migrateMosquitto(text, file, included);
    // (Whatever stood in it: a file that is refused would be of no use.)
    complain(fileLayer({ file, text: migrated }).problems);
    return migrated;
  }
  const { layer, problems } = fileLayer({ file, text });
  complain(problems);
  return nativeText(merge([layer]), file, problems);
}

function read(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new CodedError(
      "file-not-readable",
      `Cannot read the file ${quote(path)}: ${describeListenFault(error)}`,
      { cause: error },
    );
  }
}

function complain(problems: readonly Problem[]): void {
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new ConfigError(errors);
}

/** As mosquitto takes them: those that end with `.conf`, `A` before `a` before `B`. Null: it cannot be read. */
function included(directory: string): { path: string; text: string }[] | null {
  try {
    const names = readdirSync(directory).filter((name) => name.endsWith(".conf"));
    return names.sort(byLetters).map((name) => {
      const path = join(directory, name);
      return { path, text: readFileSync(path, "utf8") };
    });
  } catch {
    return null;
  }
}

function byLetters(one: string, other: string): number {
  const [a, b] = [one.toLowerCase(), other.toLowerCase()];
  if (a !== b) return a < b ? -1 : 1;
  return one < other ? -1 : 1;
}
