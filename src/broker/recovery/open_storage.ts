/** The storage of a server: opened before anything else, closed after everything else. */

import { errorCodeOf } from "../../core/codes.ts";
import type { Client } from "../../hook/client.ts";
import type { Hook, HookHost } from "../../hook/hook.ts";
import { textOf } from "../../core/error_text.ts";
import type { Parts } from "../parts.ts";
import type { StorageKeeper } from "../durability/keeper.ts";

/** What the broker is while its storage is opened. */
export interface Startable extends Parts {
  persistence: StorageKeeper | null;
  readonly connections: Iterable<{ readonly client: Client | null }>;
  /** The server as this hook sees it. */
  hostFor(hook: Hook): HookHost;
}

/** The first hook that has one counts. Fails with what the storage says. */
export async function openStorage(
  broker: Startable,
  hook: Hook | undefined = broker.hooks.all.find(({ storage }) => storage !== undefined),
): Promise<void> {
  if (hook?.storage === undefined) return;
  const { storage } = hook;
  // (Who keeps nothing does not need them.)
  const { StorageKeeper } = await import("../durability/keeper.ts");
  const { loadFromStorage } = await import("./from_storage.ts");
  await storage.open(broker.hostFor(hook));
  const persistence = new StorageKeeper(broker, storage);
  // (Nobody can connect meanwhile, and who wonders about that is told why.)
  broker.log("info", `Loading what the ${storage.name} storage keeps; clients are let in when it is done`);
  const begun = performance.now();
  let loaded: () => void;
  try {
    loaded = await loadFromStorage(broker, persistence);
  } catch (error) {
    await storage.close();
    throw error;
  }
  broker.persistence = persistence;
  broker.turn.committer = persistence;
  loaded();
  persistence.start();
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  broker.log(
    "info",
    `Loaded ${broker.sessions.size} sessions, ${broker.stats.queued} queued and ${broker.retained.size} retained messages ` +
      `in ${seconds} s`,
  );
}

/** What was told last is committed. */
export async function closeStorage(broker: Startable): Promise<void> {
  const { persistence } = broker;
  if (persistence === null) return;
  try {
    await persistence.close();
  } catch (error) {
    broker.log(
      "error",
      `The storage could not be closed: ${textOf(error)}`,
      errorCodeOf(error),
    );
  }
}
