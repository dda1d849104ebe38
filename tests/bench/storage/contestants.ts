/** The brokers that are compared: this one with each storage on each runtime, and mosquitto with and without a file. */

import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Broker, findMosquitto, findProgram } from "../brokers.ts";

export type Runtime = "deno" | "bun";
/** What `broker.ts` knows. */
export type StorageName = "none" | "memory" | "normal" | "full" | "off";

export interface Contestant {
  readonly title: string;
  readonly broker: Broker;
  /** Null: mosquitto. */
  readonly runtime: Runtime | null;
  readonly storage: StorageName | null;
}

const MAIN = fileURLToPath(new URL("./broker.ts", import.meta.url));

/** This broker with that storage; its database is a new one, or `database`. `flags`: for `deno run`. */
export async function ours(
  runtime: Runtime,
  storage: StorageName,
  database?: string,
  flags: readonly string[] = [],
): Promise<Contestant> {
  const broker = await findProgram(runtime, MAIN, (port, folder) => [
    String(port),
    storage,
    database ?? join(mkdtempSync(join(folder, "data-")), "comqtt.db"),
  ], flags);
  if (broker === undefined) throw new Error(`${runtime} is not installed`);
  return { title: `${broker.title} ${storage}`, broker, runtime, storage };
}

/** mosquitto without a file, with one as it is by default, and with one that is written after each change. */
export async function mosquittos(): Promise<Contestant[]> {
  const found: Contestant[] = [];
  const add = async (title: string, ...persistence: string[]): Promise<void> => {
    const broker = await findMosquitto(persistence);
    if (broker !== undefined) found.push({ title, broker, runtime: null, storage: null });
  };
  await add("mosquitto, persistence false", "persistence false");
  await add("mosquitto, persistence true (written every 1,800 s)", "persistence true");
  await add(
    "mosquitto, persistence true, autosave_interval 1",
    "persistence true",
    "autosave_interval 1",
  );
  return found;
}
