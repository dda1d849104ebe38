/**
 * The parts of the program that need packages. Each is loaded, and on Deno its packages are fetched, when it is used
 * for the first time: `import()` of a text that Deno could read here would fetch the packages of all of them before the
 * first line runs. An executable has to have everything in it, so `build/executable.ts` brings its own.
 */

import { CodedError } from "../core/errors.ts";
import { textOf } from "../core/error_text.ts";
import { builtin } from "../runtime/builtin.ts";
import { quote } from "../core/problem.ts";

export interface Parts {
  /** Configuration files, for which there is `yaml`. */
  configurationFile(): Promise<typeof import("../config/file.ts")>;
  /** Statistics and health over HTTP, for which there is `hono`. */
  statsApp(): Promise<typeof import("../../dashboard/stats_app.ts")>;
  /** What commands ask a running broker, for which there is `hono`. */
  api(): Promise<typeof import("../api/app.ts")>;
  /** For which there is `ioredis`. */
  redisStorage(): Promise<typeof import("../../hooks/storage/redis.ts")>;
  /** Users and rules in a file, for which there is `yaml`. */
  ledger(): Promise<typeof import("../../hooks/auth/ledger.ts")>;
  /** The same for those who are refused. */
  blacklist(): Promise<typeof import("../../hooks/auth/blacklist.ts")>;
}

/** Where each of them stands, seen from here. */
export const partPaths: { readonly [K in keyof Parts]: string } = {
  configurationFile: "../config/file.ts",
  statsApp: "../../dashboard/stats_app.ts",
  api: "../api/app.ts",
  redisStorage: "../../hooks/storage/redis.ts",
  ledger: "../../hooks/auth/ledger.ts",
  blacklist: "../../hooks/auth/blacklist.ts",
};

/** From the sources. Each rejects with an Error of one line that says what to do when it cannot be loaded. */
export const sourceParts: Parts = {
  configurationFile: () => load(partPaths.configurationFile),
  statsApp: () => load(partPaths.statsApp),
  api: () => load(partPaths.api),
  redisStorage: () => load(partPaths.redisStorage),
  ledger: () => load(partPaths.ledger),
  blacklist: () => load(partPaths.blacklist),
};

async function load<T>(path: string): Promise<T> {
  try {
    return await import(path);
  } catch (error) {
    throw explained(error);
  }
}

/** One line that says what to do; what is not about loading stays as it is. */
function explained(error: unknown): unknown {
  const message = textOf(error);
  // (Without a directory it was loaded over the network, where nothing has to be installed or permitted.)
  const fault = packageFault(message, builtin("path").join(import.meta.dirname ?? ".", "../.."));
  return fault === null ? error : new CodedError("package-missing", fault, { cause: error });
}

/** From what Deno, Bun or Node say; null when it is something else. `folder`: where the program is. */
export function packageFault(message: string, folder: string): string | null {
  if (message.startsWith("Requires read access to ")) {
    return `Cannot read a part of the program: on Deno it needs -A, or --allow-read=${folder} besides the rest`;
  }
  const [, missing] = /^Cannot find package '([^']+)'/.exec(message) ?? [];
  if (missing !== undefined) {
    return `Cannot find the package ${quote(missing)}: \`bun install\` or \`npm install\` in ${
      quote(folder)
    } gets it`;
  }
  const [, unfetched] = /^Failed caching npm package '([^']+)'/.exec(message) ?? [];
  if (unfetched === undefined) return null;
  const causes = [...message.matchAll(/^ +\d+: (.+)$/gm)].map(([, cause]) => cause!);
  return `Cannot fetch the package ${quote(unfetched)}, which this needs: ${
    causes.at(-1) ?? "no reason was given"
  }`;
}
