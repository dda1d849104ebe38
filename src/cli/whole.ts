/** What is wrong with a configuration that only shows when all of it is there, and when its files are read. */

import { accessChoice, isOpen } from "../config/access/choice.ts";
import type { Configuration } from "../config/configuration.ts";
import { storageChoice } from "../config/storage.ts";
import { textOf } from "../core/error_text.ts";
import { ConfigError, type Problem, quote } from "../core/problem.ts";
import type { Parts } from "./parts.ts";

/** Everything that was said can be understood, and cannot be used. */
export class UnusableError extends ConfigError {}

/** Looks before anything is started. */
export async function wholeProblems(configuration: Configuration, parts: Parts): Promise<Problem[]> {
  return [
    ...await certificateProblems(configuration),
    ...await accessProblems(configuration, parts),
    ...await storageProblems(configuration),
  ];
}

/** Files of users and of rules. (A start without any needs none of that.) */
async function accessProblems(configuration: Configuration, parts: Parts): Promise<Problem[]> {
  const setting = accessChoice(configuration);
  if (isOpen(setting)) return [];
  const { problemsOf } = await import("./access/problems.ts");
  return await problemsOf(setting, parts);
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
