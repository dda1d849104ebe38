/** A server for a storage that is tested alone: a clock that is moved by hand, a log that is kept. */

import { ManualClock } from "../../src/core/clock.ts";
import {
  type Capabilities,
  defaultCapabilities,
  defaultLimits,
  type Limits,
} from "../../src/core/options.ts";
import type { StorageHost } from "../../src/storage/storage.ts";

export class TestHost implements StorageHost {
  readonly capabilities: Capabilities = defaultCapabilities;
  readonly limits: Limits = defaultLimits;
  readonly clock: ManualClock = new ManualClock();
  readonly logged: string[] = [];

  log(level: string, text: string): void {
    this.logged.push(`${level}: ${text}`);
  }

  accessChanged(): void {}
}
