/** Where bans outlive the process. */

import type { Ban, BanName } from "./ban.ts";

export interface BanKeeper {
  /** All of them. */
  load(): Ban[];
  /** All of it or nothing; first what is gone. Throws a `StorageError`. */
  write(put: Iterable<Ban>, gone: Iterable<BanName>): void;
  /** Settled when all that was written is on the disk. */
  durable(): Promise<void>;
  close(): void;
}
