/** A storage that is somewhere else: reads and commits take their time, reads may fail or be held. */

import { setImmediate } from "node:timers";
import type { DeliveryRecord } from "../../src/storage/records.ts";
import { StorageError } from "../../src/storage/error.ts";
import { ModelStorage } from "./model_storage.ts";

export class SlowStorage extends ModelStorage {
  /** What each commit left: what a process finds that starts after this one was killed there. */
  readonly images: ModelStorage[] = [];
  /** So many reads fail. */
  failures = 0;
  reads = 0;
  /** Under way, and the most that ever were. */
  reading = 0;
  most = 0;
  /** Reads wait until `letGo`. */
  held = false;
  readonly #held: (() => void)[] = [];
  #committing = 0;

  static override after(earlier: ModelStorage): SlowStorage {
    return new SlowStorage().copy(earlier);
  }

  constructor() {
    super();
    this.mode = "later";
  }

  override async commit(): Promise<void> {
    this.#committing++;
    try {
      const committed = super.commit();
      setImmediate(() => this.release());
      await committed;
    } finally {
      this.#committing--;
    }
    this.images.push(ModelStorage.after(this));
  }

  override async waiting(id: string, sequence: number, limit: number): Promise<DeliveryRecord[]> {
    // (Like one over the network: what is told from here on is not in it.)
    const found = await super.waiting(id, sequence, limit);
    this.reads++;
    this.most = Math.max(this.most, ++this.reading);
    await new Promise<void>((done) => this.held ? this.#held.push(done) : setImmediate(() => done()));
    this.reading--;
    if (this.failures > 0) {
      this.failures--;
      throw new StorageError("Cannot read the model", "input/output", "model");
    }
    return found;
  }

  /** All that was told is committed. */
  override get settled(): boolean {
    return super.settled && this.#committing === 0;
  }

  /** Reads go on. */
  letGo(): void {
    this.held = false;
    for (const done of this.#held.splice(0)) done();
  }

  override close(): void {
    this.mode = "now";
    void super.commit();
  }
}
