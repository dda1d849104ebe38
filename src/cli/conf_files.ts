/** The configuration files that were named, each by itself or by the directory it is in. */

import { ConfigError, type Problem, quote } from "../core/problem.ts";
import { readTextFile } from "../runtime/process.ts";
import { describeListenFault } from "../runtime/tcp/listen_fault.ts";

export interface ConfFile {
  readonly file: string;
  readonly text: string;
}

/**
 * In the order in which they count: as they were named, those of a directory by their names. Throws a `ConfigError` with
 * every one that cannot be read. `origin`: who named them.
 */
export async function readConf(paths: readonly string[], origin: string): Promise<ConfFile[]> {
  const problems: Problem[] = [];
  const files: ConfFile[] = [];
  const complain = (message: string): void => {
    problems.push({ severity: "error", where: origin, message });
  };
  const read = async (file: string, again: (thrown: unknown) => Promise<void>): Promise<void> => {
    try {
      files.push({ file, text: await readTextFile(file) });
    } catch (thrown) {
      await again(thrown);
    }
  };
  // deno-lint-ignore require-await -- so that both are promises
  const refuse = (file: string) => async (thrown: unknown): Promise<void> =>
    complain(`Cannot read the file ${quote(file)}: ${describeListenFault(thrown)}`);
  for (const path of paths) {
    await read(path, async (thrown) => {
      const names = await namesIn(path);
      if (names === null) return await refuse(path)(thrown);
      if (names.length === 0) {
        complain(
          `Cannot find a configuration in the directory ${quote(path)}, expected files *.yml or *.yaml`,
        );
      }
      for (const file of names) await read(file, refuse(file));
    });
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return files;
}

/** The paths of those in a directory whose names say that they are YAML; null when it is none. */
async function namesIn(path: string): Promise<string[] | null> {
  // (Most name a file, and `node:fs` costs memory for as long as the program runs.)
  const [{ readdir }, { join }] = await Promise.all([import("node:fs/promises"), import("node:path")]);
  try {
    const names = (await readdir(path)).filter((name) => /^[^.].*\.ya?ml$/.test(name));
    return names.toSorted().map((name) => join(path, name));
  } catch {
    return null;
  }
}
