/** The storage that keeps nothing beyond the process: of the suite what needs no second run. */

import type { Storage } from "../../src/storage/storage.ts";
import { MemoryStorage } from "../../hooks/storage/memory.ts";
import { TestHost } from "./host.ts";
import { loaded } from "./snapshot.ts";
import { storageSuite } from "./suite.ts";

storageSuite("memory", false, () =>
  Promise.resolve({
    async open(): Promise<Storage> {
      const { storage } = new MemoryStorage();
      await storage.open(new TestHost());
      await loaded(storage);
      return storage;
    },
    reopen: null,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }));
