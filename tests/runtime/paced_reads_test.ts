/** What one socket may hand over in a turn of the event loop. */

import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { describe, it } from "node:test";
import { setImmediate } from "node:timers";
import { NodeStream } from "../../src/runtime/tcp/node_stream.ts";
import { longestPiece, PacedReads, readShare } from "../../src/runtime/tcp/paced_reads.ts";
import type { NodeSocket } from "../../src/runtime/tcp/socket_shapes.ts";
import { assertBytes, concat, pattern, Recorder, turns } from "./recorder.ts";

class Source {
  flowing = true;
  pause(): void {
    this.flowing = false;
  }
  resume(): void {
    this.flowing = true;
  }
}

interface Paced {
  readonly source: Source;
  readonly reads: PacedReads;
  readonly pieces: Uint8Array[];
  onPiece: () => void;
  caughtUp: number;
}

function paced(): Paced {
  const source = new Source();
  const reads: PacedReads = new PacedReads(source, {
    deliver(bytes) {
      all.pieces.push(bytes);
      all.onPiece();
    },
    caughtUp: () => all.caughtUp++,
  });
  const all: Paced = { source, reads, pieces: [], onPiece: () => {}, caughtUp: 0 };
  reads.start();
  return all;
}

describe("paced reads", () => {
  it("what comes in one turn beyond the share comes in later turns, in order, and nothing is read meanwhile", async () => {
    const { source, reads, pieces } = paced();
    const sent = Array.from({ length: 32 }, (_, i) => pattern(readShare).fill(i));
    const perTurn: number[] = [];
    for (const piece of sent) reads.take(piece);
    for (let before = 0; reads.behind; before = pieces.length) {
      await turns(1);
      if (reads.behind) assert.equal(source.flowing, false);
      perTurn.push(pieces.length - before);
    }
    assertBytes(concat(pieces), concat(sent));
    assert.ok(Math.max(...perTurn) <= 2, `pieces of a turn: ${perTurn}`);
    assert.equal(source.flowing, true);
  });

  it("little things are handed over at once", () => {
    const { reads, pieces } = paced();
    for (let i = 0; i < 20; i++) reads.take(Uint8Array.of(i));
    assert.equal(pieces.length, 20);
    assert.equal(reads.behind, false);
  });

  it("a huge piece comes in several", async () => {
    const { reads, pieces } = paced();
    const bytes = pattern(3 * longestPiece + 5);
    reads.take(bytes);
    while (reads.behind) await turns(1);
    assert.deepEqual(pieces.map(({ length }) => length), [longestPiece, longestPiece, longestPiece, 5]);
    assertBytes(concat(pieces), bytes);
  });

  it("nothing comes while it is paused, also when that happens in the middle of a piece", async () => {
    const all = paced();
    const { source, reads, pieces } = all;
    all.onPiece = () => {
      reads.pause();
      all.onPiece = () => {};
    };
    for (let i = 0; i < 5; i++) reads.take(pattern(readShare));
    await turns();
    assert.equal(pieces.length, 1);
    assert.equal(source.flowing, false);
    reads.resume();
    reads.resume();
    while (reads.behind) await turns(1);
    assert.equal(pieces.length, 5);
    assert.equal(source.flowing, true);
    reads.pause();
    reads.resume();
    await turns();
    assert.equal(source.flowing, true);
  });

  it("two sockets that send flat out take turns", async () => {
    const order: string[] = [];
    const make = (name: string): PacedReads => {
      const reads: PacedReads = new PacedReads(new Source(), {
        deliver: () => order.push(name),
        caughtUp: () => {},
      });
      return reads;
    };
    const [a, b] = [make("a"), make("b")];
    for (let i = 0; i < 10; i++) a.take(pattern(readShare));
    for (let i = 0; i < 10; i++) b.take(pattern(readShare));
    while (a.behind || b.behind) await turns(1);
    // (How exactly is up to the event loop.)
    const first = order.lastIndexOf(order.at(-1) === "a" ? "b" : "a");
    const other = order.slice(0, first).filter((name) => name === order.at(-1));
    assert.ok(other.length >= 4, order.join(""));
  });
});

/** A socket that does what the test says. */
class FakeSocket extends EventEmitter implements NodeSocket {
  readonly remoteAddress = "192.0.2.1";
  readonly remotePort = 1;
  destroyed = false;
  paused = false;
  written: (() => void) | null = null;

  write(_bytes: Uint8Array, done: () => void): boolean {
    this.written = done;
    return true;
  }
  end(): void {}
  pause(): void {
    this.paused = true;
  }
  resume(): void {
    this.paused = false;
  }
  destroy(): void {
    this.destroyed = true;
  }
}

function opened(): { socket: FakeSocket; recorder: Recorder } {
  const socket = new FakeSocket();
  const stream = new NodeStream(socket, { remoteAddress: "", certificate: null, lingerMs: undefined });
  const recorder = new Recorder(stream);
  stream.start(() => recorder, (error) => assert.fail(error));
  return { socket, recorder };
}

describe("streams over node sockets", () => {
  it("what a peer sent before it closed is handed over before it counts as closed", async () => {
    const { socket, recorder } = opened();
    const sent = Array.from({ length: 10 }, () => pattern(readShare));
    for (const piece of sent) socket.emit("data", piece.slice());
    socket.emit("end");
    socket.emit("close");
    await recorder.until(({ closes }) => closes.length > 0);
    assertBytes(recorder.bytes(), concat(sent));
    assert.deepEqual(recorder.closes, [null]);
  });

  it("a handler that waits for its write hears of it when the peer has closed, and gets the rest", async () => {
    for (const failing of [true, false]) {
      const { socket, recorder } = opened();
      for (let i = 0; i < 5; i++) socket.emit("data", pattern(readShare));
      assert.equal(recorder.stream.write(Uint8Array.of(1)), false);
      recorder.stream.pause();
      if (failing) (socket.written as unknown as (error: Error) => void)(new Error("EPIPE"));
      socket.emit("close");
      assert.equal(recorder.writtenCalls, 1);
      assert.equal(recorder.stream.write(Uint8Array.of(2)), true);
      await turns();
      assert.equal(recorder.closes.length, 0);
      recorder.stream.resume();
      await recorder.until(({ closes }) => closes.length > 0);
      assert.equal(recorder.received, 5 * readShare);
    }
  });

  it("whoever destroys it gets nothing more", async () => {
    const { socket, recorder } = opened();
    for (let i = 0; i < 5; i++) socket.emit("data", pattern(readShare));
    const before = recorder.received;
    await new Promise((resolve) => setImmediate(resolve));
    recorder.stream.destroy();
    const then = recorder.received;
    await turns();
    assert.ok(before < 5 * readShare);
    assert.equal(recorder.received, then);
    assert.equal(recorder.closes.length, 1);
  });
});
