/** A listener over an iteration of connections that the program has. */

import assert from "node:assert/strict";
import { duplexPair } from "node:stream";
import { after, describe, it } from "node:test";
import { SocketListener } from "../../src/listeners/socket.ts";
import type { NodeSocket, StreamPair } from "../../src/runtime/tcp/socket_shapes.ts";
import { openSockets } from "../../src/runtime/tcp/open_sockets.ts";
import { until } from "../harness/time.ts";
import { turns } from "../runtime/recorder.ts";
import { Host } from "./host.ts";

const timeout = 20_000;

after(() => until(() => openSockets.open === 0, "all sockets to be given back"));

/** Gives what it is given; ends when told to. */
class Sockets implements AsyncIterableIterator<NodeSocket | StreamPair> {
  #waiting: PromiseWithResolvers<IteratorResult<NodeSocket | StreamPair, undefined>> | null = null;
  asked = 0;

  next(): Promise<IteratorResult<NodeSocket | StreamPair, undefined>> {
    this.asked++;
    this.#waiting = Promise.withResolvers();
    return this.#waiting.promise;
  }

  give(value: NodeSocket | StreamPair): void {
    this.#waiting!.resolve({ done: false, value });
  }

  fail(error: Error): void {
    this.#waiting!.reject(error);
  }

  end(): void {
    this.#waiting!.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

describe("socket listener: iterations", () => {
  it("takes one socket after the other, of both kinds", { timeout }, async () => {
    const source = new Sockets();
    const host = new Host();
    const listener = new SocketListener({ id: "own", source, address: "tunnel" });
    await listener.open(host);
    assert.equal(listener.address, "tunnel");
    const [near, far] = duplexPair();
    source.give(near);
    const { stream } = await host.stream();
    assert.deepEqual([stream.remoteAddress, stream.certificate], ["unknown", null]);
    const there = new TransformStream<Uint8Array, Uint8Array>();
    const back = new TransformStream<Uint8Array, Uint8Array>();
    source.give({
      readable: there.readable,
      writable: back.writable,
      remoteAddr: { transport: "tcp", hostname: "::1", port: 7 },
    });
    const second = await host.stream(1);
    assert.equal(second.stream.remoteAddress, "[::1]:7");
    for (const { recorder } of host.accepted) recorder.stream.destroy();
    far.destroy();
    await listener.close();
  });

  it("a failure is reported once and tried again", { timeout }, async () => {
    const source = new Sockets();
    const host = new Host();
    const listener = new SocketListener({ id: "own", source });
    await listener.open(host);
    for (let i = 1; i <= 2; i++) {
      source.fail(new Error("Too many open files"));
      await until(() => source.asked > i, "the next try");
    }
    source.fail(Object.assign(new Error("gone"), { name: "ConnectionReset" }));
    await until(() => source.asked > 3, "the next try");
    assert.deepEqual(host.lines, ['error Listener "own": Too many open files']);
    const [near, far] = duplexPair();
    source.give(near);
    (await host.stream()).stream.destroy();
    far.destroy();
    await listener.close();
  });

  it("its end is a warning", { timeout }, async () => {
    const source = new Sockets();
    const host = new Host();
    const listener = new SocketListener({ id: "own", source });
    await listener.open(host);
    source.end();
    await turns();
    assert.deepEqual(host.lines, [
      'warn Listener "own": its source has ended, nobody can connect any more',
    ]);
    await listener.close();
  });

  it("who comes after the close is sent away", { timeout }, async () => {
    const source = new Sockets();
    const host = new Host();
    const listener = new SocketListener({ id: "own", source, closeServer: false });
    await listener.open(host);
    await listener.close();
    const [near] = duplexPair();
    source.give(near);
    await until(() => near.destroyed, "the late socket to be closed");
    assert.deepEqual([host.accepted.length, source.asked], [0, 1]);
  });
});
