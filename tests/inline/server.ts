/** A server for one test: its own clock, clients in memory, what is logged kept, all closed at the end. */

import assert from "node:assert/strict";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import type { PartialServerOptions } from "../../src/core/options.ts";
import { ManualClock } from "../../src/core/clock.ts";
import type { Hook } from "../../src/hook/hook.ts";
import type { InlineMessage } from "../../src/inline/message.ts";
import type { ConnectPacket, ProtocolVersion, Will } from "../../src/packets/types.ts";
import { Server } from "../../src/server/server.ts";
import type { TestClient } from "../harness/client.ts";
import { complaint } from "../harness/complaint.ts";
import { settle } from "../harness/time.ts";
import { MemoryListener } from "../server/memory_listener.ts";

const decoder = new TextDecoder();

export function text(message: { readonly payload: Uint8Array }): string {
  return decoder.decode(message.payload);
}

/** `gone` to the topic `will`. */
export const goneWill: Will = {
  topic: "will",
  payload: new TextEncoder().encode("gone"),
  qos: 0,
  retain: false,
  properties: {},
};

export class TestServer implements AsyncDisposable {
  readonly clock: ManualClock = new ManualClock();
  readonly server: Server;
  /** Lines logged as warnings and errors. */
  readonly complaints: string[] = [];
  readonly #listener: MemoryListener = new MemoryListener("memory");
  #clients = 0;

  constructor(options: PartialServerOptions = {}, hooks: readonly Hook[] = [new AllowAll()]) {
    this.server = new Server({
      sysTopicInterval: 0,
      log: (level, line, event) => {
        if (level === "warn" || level === "error") this.complaints.push(complaint(line, event));
      },
      ...options,
      clock: this.clock,
    });
    for (const hook of hooks) void this.server.addHook(hook);
    void this.server.addListener(this.#listener);
  }

  static async serving(options?: PartialServerOptions, hooks?: readonly Hook[]): Promise<TestServer> {
    const t = new TestServer(options, hooks);
    await t.server.serve();
    return t;
  }

  async connected(version: ProtocolVersion = 5, options: Partial<ConnectPacket> = {}): Promise<TestClient> {
    const client = this.#listener.client(version);
    const ack = await client.connect({ clientId: `c${++this.#clients}`, ...options });
    assert.equal(ack.reasonCode, 0);
    return client;
  }

  /** A client that has said nothing yet. */
  client(version: ProtocolVersion = 5): TestClient {
    return this.#listener.client(version);
  }

  /** Subscribes and collects `topic:text`, retained ones with a star. */
  collect(filter: string, seen: string[] = []): string[] {
    this.server.subscribe(filter, (message: InlineMessage) => {
      seen.push(`${message.topic}:${text(message)}${message.retained ? "*" : ""}`);
    });
    return seen;
  }

  async advance(seconds: number): Promise<void> {
    this.clock.advance(seconds * 1000);
    await settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server.close();
    assert.equal(this.server.stats.connections, 0, "connections left");
    assert.equal(this.server.stats.subscriptions, 0, "subscriptions left");
    assert.equal(this.server.stats.queued, 0, "messages left");
  }
}
