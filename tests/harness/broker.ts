/** A broker for one test: its own clock, clients in memory, everything closed at the end. */

import assert from "node:assert/strict";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import { Broker } from "../../src/broker/broker.ts";
import type { PartialServerOptions } from "../../src/core/options.ts";
import { type Boot, ManualClock } from "../../src/core/clock.ts";
import { closeStorage, openStorage } from "../../src/broker/recovery/open_storage.ts";
import type { Hook } from "../../src/hook/hook.ts";
import type { Storage } from "../../src/storage/storage.ts";
import type { ConnectPacket, ProtocolVersion } from "../../src/packets/types.ts";
import { type MemoryClient, memoryPair, type MemoryPairOptions } from "../../src/runtime/memory_stream.ts";
import { TestClient } from "./client.ts";
import { complaint } from "./complaint.ts";
import { settle } from "./time.ts";

export interface TestBrokerOptions extends PartialServerOptions {
  /** Instead of letting everyone in. */
  readonly hooks?: readonly Hook[];
  /** When it begins, in milliseconds since 1970. */
  readonly at?: number;
  /** The start of the machine, and how long ago it is by then. Default: not known. */
  readonly boot?: Boot;
}

export class TestBroker implements AsyncDisposable {
  readonly clock: ManualClock;
  readonly broker: Broker;
  /** Lines logged as warnings and errors. */
  readonly complaints: string[] = [];
  readonly #streams: MemoryClient[] = [];
  readonly #errors: Error[] = [];

  constructor(options: TestBrokerOptions = {}) {
    const { hooks, at, boot, ...rest } = options;
    this.clock = new ManualClock(at);
    if (boot !== undefined) this.clock.booted(boot.id, boot.uptime);
    this.broker = new Broker({
      sysTopicInterval: 0,
      log: (level, text, event) => {
        // (Tests take over what they like.)
        if (level === "debug" || level === "info" || event?.code === "client-id-contested") return;
        this.complaints.push(complaint(text, event));
      },
      ...rest,
      clock: this.clock,
    });
    for (const hook of hooks ?? [new AllowAll()]) {
      this.broker.addHook(hook);
      void this.broker.hooks.init(hook, this.broker.hostFor(hook));
    }
    this.broker.start();
    this.broker.hooks.notify("onStarted");
  }

  /** One that has loaded what is in its storage. */
  static async with(storage: Storage, options: TestBrokerOptions = {}): Promise<TestBroker> {
    const broker = new TestBroker(options);
    await openStorage(broker.broker, { id: "storage", storage });
    return broker;
  }

  /** A client that has not said anything yet. */
  client(version: ProtocolVersion = 5, pair: MemoryPairOptions = {}): TestClient {
    const stream = memoryPair((s) => this.broker.accept(s, "memory"), {
      onError: (error) => this.#errors.push(error),
      ...pair,
    });
    this.#streams.push(stream);
    return new TestClient(stream, version);
  }

  /** A client that is connected. */
  async connected(
    version: ProtocolVersion = 5,
    options: Partial<ConnectPacket> = {},
    pair: MemoryPairOptions = {},
  ): Promise<TestClient> {
    const client = this.client(version, pair);
    const clientId = version === 3 && options.clientId === undefined
      ? `c${this.#streams.length}`
      : options.clientId;
    const ack = await client.connect(clientId === undefined ? options : { ...options, clientId });
    assert.equal(ack.reasonCode, 0);
    return client;
  }

  /** Time goes by, and what falls due happens. */
  async advance(seconds: number): Promise<void> {
    this.clock.advance(seconds * 1000);
    await settle();
  }

  /** Closes everything; nothing may be left, and nothing may have thrown. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const stream of this.#streams) stream.reset();
    await settle();
    await this.broker.stop(100);
    await closeStorage(this.broker);
    assert.deepEqual(this.#errors, [], "something threw out of a connection");
    assert.equal(this.broker.connections.size, 0, "connections left");
    assert.equal(this.broker.stats.connections, 0);
  }
}
