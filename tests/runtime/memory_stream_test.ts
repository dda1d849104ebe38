/** Streams in memory. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type MemoryClient, memoryPair, type MemoryPairOptions } from "../../src/runtime/memory_stream.ts";
import { concat, Recorder, turns } from "./recorder.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

interface Pair {
  client: MemoryClient;
  server: Recorder;
  taken: Uint8Array[];
  ends: number[];
}

function pair(options: MemoryPairOptions = {}): Pair {
  let server: Recorder | undefined;
  const client = memoryPair((stream) => server = new Recorder(stream), options);
  const taken: Uint8Array[] = [];
  const ends: number[] = [];
  client.received = (bytes) => taken.push(bytes);
  client.ended = () => ends.push(taken.length);
  assert.ok(server);
  return { client, server, taken, ends };
}

describe("memory stream", () => {
  it("carries bytes both ways, in order", async () => {
    const { client, server, taken } = pair({ remoteAddress: "test:1" });
    assert.equal(server.stream.remoteAddress, "test:1");
    server.onData = (bytes) => void server.stream.write(bytes);
    client.send(text("one"));
    client.send(text("two"));
    assert.equal(server.received, 0);
    await turns(1);
    assert.deepEqual(concat(taken), text("onetwo"));
    assert.equal(server.writtenCalls, 0);
  });

  it("overwrites what a handler should have copied", async () => {
    const kept: Uint8Array[] = [];
    const client = memoryPair(() => ({ data: (bytes) => void kept.push(bytes), written() {}, closed() {} }));
    client.send(text("x"));
    await turns(1);
    assert.deepEqual(kept, [Uint8Array.of(0xAA)]);
  });

  it("holds a write that does not fit while the client stalls", async () => {
    const { client, server, taken } = pair({ capacity: 4 });
    client.pause();
    const first = text("abc");
    assert.equal(server.stream.write(first), true);
    first.fill(0);
    assert.equal(server.stream.write(text("defg")), false);
    assert.throws(() => server.stream.write(text("h")), /Write before/);
    await turns(2);
    assert.deepEqual([taken.length, server.writtenCalls], [0, 0]);
    client.resume();
    await turns(1);
    assert.deepEqual(concat(taken), text("abcdefg"));
    assert.equal(server.writtenCalls, 1);
    assert.equal(server.stream.write(text("hi")), true);
  });

  it("pause keeps what the client sends, a close included", async () => {
    const { client, server } = pair();
    server.stream.pause();
    client.send(text("later"));
    client.close();
    await turns(2);
    assert.deepEqual([server.received, server.closes.length], [0, 0]);
    server.stream.resume();
    await turns(2);
    assert.deepEqual([server.received, server.closes], [5, [null]]);
  });

  it("end delivers what waits for a client that stalls", async () => {
    const { client, server, taken, ends } = pair({ capacity: 1 });
    client.pause();
    server.stream.write(text("last"));
    server.stream.end();
    await turns(2);
    assert.deepEqual([server.closes.length, client.open], [0, true]);
    client.resume();
    await turns(1);
    assert.deepEqual(concat(taken), text("last"));
    assert.deepEqual([server.closes, ends, client.open], [[null], [1], false]);
  });

  it("destroy loses what waits; closed comes later and once", async () => {
    const { client, server, taken, ends } = pair();
    server.stream.write(text("lost"));
    server.stream.destroy();
    server.stream.destroy();
    client.reset();
    assert.equal(server.closes.length, 0);
    await turns(1);
    assert.deepEqual([taken.length, server.closes, ends.length], [0, [null], 1]);
  });

  it("a reset is an error", async () => {
    const { client, server } = pair();
    client.reset();
    await turns(1);
    assert.equal(server.closes.length, 1);
    assert.match(server.closes[0]?.message ?? "", /reset/);
  });

  it("a broker that throws in accept or data loses the stream", async () => {
    const faults: string[] = [];
    const onError = (error: Error): void => void faults.push(error.message);
    const refused = memoryPair(() => {
      throw new Error("in accept");
    }, { onError });
    const broken = memoryPair(() => ({
      data: () => {
        throw new Error("in data");
      },
      written: () => {},
      closed: () => {},
    }), { onError });
    broken.send(text("x"));
    await turns(1);
    assert.deepEqual(faults, ["in accept", "in data"]);
    assert.deepEqual([refused.open, broken.open], [false, false]);
  });
});
