/** What is wrong with a configuration that only shows when all of it is there, and when its files are read. */

import type { Configuration } from "../config/configuration.ts";
import { storageChoice } from "../config/storage.ts";
import { textOf } from "../core/error_text.ts";
import { ConfigError, type Problem, quote } from "../core/problem.ts";

/** Everything that was said can be understood, and cannot be used. */
export class UnusableError extends ConfigError {}

/** Looks before anything is started. */
export async function wholeProblems(configuration: Configuration): Promise<Problem[]> {
  return [
    ...await certificateProblems(configuration),
    ...await usersProblems(configuration),
    ...await storageProblems(configuration),
  ];
}

/** Each with its line in the file of users. */
async function usersProblems({ values: { users } }: Configuration): Promise<Problem[]> {
  if (users === undefined) return [];
  const { Users, UsersError } = await import("../../hooks/auth/users.ts");
  try {
    await new Users({ file: users, interval: 0 }).reload();
    return [];
  } catch (error) {
    if (!(error instanceof UsersError)) throw error;
    return error.problems.map((problem) => ({ severity: "error", ...problem }));
  }
}

/** One certificate may be that of several listeners. */
async function certificateProblems({ listeners }: Configuration): Promise<Problem[]> {
  if (!listeners.some(({ tls }) => tls !== undefined)) return [];
  const { readTlsFiles } = await import("../listeners/tls_files.ts");
  const problems: Problem[] = [];
  const seen = new Set<string>();
  for (const { tls, origin, id } of listeners) {
    if (tls === undefined) continue;
    try {
      await readTlsFiles(tls);
    } catch (error) {
      const text = textOf(error);
      const message = `Cannot open the listener ${quote(id)}: ${text.charAt(0).toLowerCase()}${
        text.slice(1)
      }`;
      if (!seen.has(text)) problems.push({ severity: "error", where: origin, message });
      seen.add(text);
    }
  }
  return problems;
}

async function storageProblems({ values, places }: Configuration): Promise<Problem[]> {
  const where = ["storage.type", "storage", "data", ...places.keys()]
    .find((path) => places.has(path) && (path === "data" || path.startsWith("storage")));
  try {
    const choice = storageChoice(values);
    if (choice.type === "redis") {
      const { redisTls } = await import("./storage.ts");
      await redisTls(choice.values);
    }
    return [];
  } catch (error) {
    return [{ severity: "error", where: places.get(where ?? "") ?? "storage", message: textOf(error) }];
  }
}
