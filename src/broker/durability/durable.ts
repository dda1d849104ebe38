/** What parts are given that have to tell the storage, or to know how it is. */

import type { Core } from "../core.ts";
import type { StorageKeeper } from "./keeper.ts";

export interface Durable extends Core {
  /** What outlives the process; null: nothing does. */
  readonly persistence: StorageKeeper | null;
}
