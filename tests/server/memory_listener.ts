/** A listener without sockets: clients come in through memory. */

import type { Listener, ListenerHost } from "../../src/listeners/listener.ts";
import { ListenerError } from "../../src/listeners/listener_error.ts";
import type { ProtocolVersion } from "../../src/packets/types.ts";
import { memoryPair, type MemoryPairOptions } from "../../src/runtime/memory_stream.ts";
import { TestClient } from "../harness/client.ts";

export class MemoryListener implements Listener {
  readonly id: string;
  readonly protocol = "memory";
  readonly address: string;
  /** What has happened to it. */
  readonly events: string[] = [];
  /** Awaited before it is open. */
  gate: Promise<void> = Promise.resolve();
  /** Fails to open with it. */
  fault: string | null = null;
  #host: ListenerHost | null = null;

  constructor(id: string, address: string = id) {
    this.id = id;
    this.address = address;
  }

  async open(host: ListenerHost): Promise<void> {
    await this.gate;
    if (this.fault !== null) throw new ListenerError(this.fault, { listener: this.id });
    this.#host = host;
    this.events.push("open");
  }

  close(): Promise<void> {
    this.events.push("close");
    return Promise.resolve();
  }

  client(version: ProtocolVersion = 5, options: MemoryPairOptions = {}): TestClient {
    const host = this.#host!;
    return new TestClient(memoryPair((stream) => host.accept(stream, this), options), version);
  }
}
