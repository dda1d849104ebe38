/** A listener that a program writes itself, from nothing but what `mod.ts` exports. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  AllowAll,
  type ByteStream,
  type Listener,
  type ListenerHost,
  Server,
  type StreamHandler,
} from "../../mod.ts";
import { TestClient } from "../harness/client.ts";
import { until } from "../harness/time.ts";

const timeout = 20_000;

/** Carries bytes between windows of a browser, workers, or here: the two ports of a message channel. */
class PortListener implements Listener {
  readonly id = "ports";
  readonly protocol = "port";
  readonly address = "port";
  #host: ListenerHost | null = null;

  open(host: ListenerHost): Promise<void> {
    this.#host = host;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.#host = null;
    return Promise.resolve();
  }

  /** The other end of a new connection; null while nobody listens. */
  connect(): MessagePort | null {
    if (this.#host === null) return null;
    const { port1, port2 } = new MessageChannel();
    new PortStream(port1, (stream) => this.#host!.accept(stream, this));
    return port2;
  }
}

class PortStream implements ByteStream {
  readonly remoteAddress = "port";
  readonly certificate = null;
  #port: MessagePort;
  #handler: StreamHandler;
  #held: Uint8Array[] = [];
  #paused = false;
  #gone = false;

  constructor(port: MessagePort, accept: (stream: ByteStream) => StreamHandler) {
    this.#port = port;
    this.#handler = accept(this);
    port.onmessage = ({ data }: MessageEvent<Uint8Array | null>): void => {
      if (data === null) return this.destroy();
      this.#held.push(data);
      this.#deliver();
    };
  }

  write(bytes: Uint8Array): boolean {
    if (!this.#gone) this.#port.postMessage(bytes.slice());
    return true; // It has a copy, and the port takes any number.
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
  }

  end(): void {
    if (!this.#gone) this.#port.postMessage(null);
    this.destroy();
  }

  destroy(): void {
    if (this.#gone) return;
    this.#gone = true;
    setTimeout(() => {
      this.#port.close();
      this.#handler.closed(null);
    }, 0);
  }

  #deliver(): void {
    while (!this.#paused && !this.#gone) {
      const bytes = this.#held.shift();
      if (bytes === undefined) return;
      this.#handler.data(bytes, bytes.length);
    }
  }
}

function clientOf(port: MessagePort): TestClient {
  const stream = {
    received: (_bytes: Uint8Array): void => {},
    ended: (): void => {},
    open: true,
    send: (bytes: Uint8Array): void => port.postMessage(bytes.slice()),
    pause: (): void => {},
    resume: (): void => {},
    close: (): void => port.postMessage(null),
    reset: (): void => port.postMessage(null),
  };
  port.onmessage = ({ data }: MessageEvent<Uint8Array | null>): void => {
    if (data !== null) return stream.received(data);
    port.close();
    stream.ended();
  };
  return new TestClient(stream, 5);
}

describe("a listener of the program's own", () => {
  it("brings clients that meet those of other listeners", { timeout }, async () => {
    const server = new Server({ sysTopicInterval: 0 });
    server.addHook(new AllowAll());
    const listener = new PortListener();
    await server.addListener(listener);
    assert.equal(listener.connect(), null);
    await server.serve();
    const [one, two] = [clientOf(listener.connect()!), clientOf(listener.connect()!)];
    await one.connect();
    await two.connect();
    await one.subscribe("a", 2);
    await two.published("a", "x".repeat(100_000), { qos: 2 });
    assert.equal((await one.message()).text.length, 100_000);
    two.close();
    await until(() => server.info().clients_connected === 1, "the client to be gone");
    await server.close();
    await one.refusedWith(0x8b);
    assert.equal(listener.connect(), null);
  });

  it("is told the figures of its server", { timeout }, async () => {
    const seen: unknown[] = [];
    const own: Listener = {
      id: "own",
      protocol: "own",
      address: "own",
      open: (host) => {
        seen.push(host.stats === server.stats, host.info().version === server.info().version);
        return Promise.resolve();
      },
      close: () => Promise.resolve(),
    };
    await using server = new Server();
    await server.addListener(own);
    await server.serve();
    assert.deepEqual(seen, [true, true]);
  });
});
