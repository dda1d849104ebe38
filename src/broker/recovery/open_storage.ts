/** The storage of a server: opened before anything else, closed after everything else. */

import { faultOf } from "../../core/log/fault.ts";
import type { Client } from "../../hook/client.ts";
import type { Hook, HookHost } from "../../hook/hook.ts";
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
  broker.events.note("storage-loading", { detail: `${storage.name}; clients are let in when it is done` });
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
  const { sessions, stats, retained } = broker;
  const what = `${sessions.size} sessions, ${stats.queued} queued and ${retained.size} retained messages`;
  broker.events.note("storage-loaded", { detail: `${what} in ${seconds} s` });
}

/** What was told last is committed. */
export async function closeStorage(broker: Startable): Promise<void> {
  const { persistence } = broker;
  if (persistence === null) return;
  try {
    await persistence.close();
  } catch (error) {
    broker.events.note("storage-close-failed", faultOf(error));
  }
}
