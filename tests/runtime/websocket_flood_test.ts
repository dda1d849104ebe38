/** WebSocket clients that send without end: what they cost, and that others have their turn. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ownHandshakes } from "../../src/runtime/pending_handshakes.ts";
import type { ByteStream } from "../../src/runtime/stream.ts";
import { nextTurn } from "../../src/runtime/turn.ts";
import { WebSocketStream } from "../../src/runtime/websocket/websocket_stream.ts";
import { concat, Recorder } from "./recorder.ts";
import { clientFrame, upgradeRequest } from "./websocket_client.ts";

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Below a WebSocket stream: what it is told to do. `takes`: it is done with what it is given at once. */
class Below implements ByteStream {
  readonly remoteAddress = "127.0.0.1:1";
  readonly certificate = null;
  readonly writes: Uint8Array[] = [];
  takes = true;
  flowing = true;
  write(bytes: Uint8Array): boolean {
    this.writes.push(bytes.slice());
    return this.takes;
  }
  pause(): void {
    this.flowing = false;
  }
  resume(): void {
    this.flowing = true;
  }
  end(): void {}
  destroy(): void {}
}

function opened(restAfter = Infinity): { below: Below; stream: WebSocketStream; above: Recorder } {
  const below = new Below();
  let above: Recorder | undefined;
  const stream = new WebSocketStream(below, (inner) => above = new Recorder(inner), {
    paths: null,
    forwarded: null,
    requireSubprotocol: true,
    admits: () => true,
    maxMessageBytes: 100_000,
    handshakeMs: 10_000,
    beginHandshake: ownHandshakes(),
    pending: new Set(),
    pings: null,
    restAfter,
    refused: () => assert.fail("it was refused"),
    lingerMs: undefined,
    report: (error) => assert.fail(error),
  });
  hear(stream, text(upgradeRequest()));
  below.writes.length = 0;
  return { below, stream, above: above! };
}

function hear(stream: WebSocketStream, bytes: Uint8Array): void {
  stream.data(bytes, bytes.length);
}

/** What was put off to the next turn before has happened. */
async function othersTurn(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise<void>((resolve) => nextTurn(resolve));
}

describe("websocket floods", () => {
  it("a chunk full of pings is answered once, with the last", () => {
    const { below, stream, above } = opened();
    const pings = Array.from({ length: 600 }, (_, i) => clientFrame(9, text(`ping ${i}`)));
    hear(
      stream,
      concat([...pings, clientFrame(2, text("x")), clientFrame(9, text("last")), clientFrame(2, text("y"))]),
    );
    assert.deepEqual(below.writes, [concat([Uint8Array.of(0x8A, 4), text("last")])]);
    assert.deepEqual(above.bytes(), text("xy"));
    assert.equal(above.chunks.length, 1);
  });

  it("who reads no answers has one of them waiting, the newest", () => {
    const { below, stream } = opened();
    below.takes = false;
    for (let i = 0; i < 1000; i++) hear(stream, clientFrame(9, text(`${i}`)));
    assert.deepEqual(below.writes, [concat([Uint8Array.of(0x8A, 1), text("0")])]);
    stream.written();
    assert.deepEqual(below.writes.slice(1), [concat([Uint8Array.of(0x8A, 3), text("999")])]);
  });

  it("after a large read nothing is read until others had their turn", async () => {
    const { below, stream, above } = opened(1000);
    const large = concat(Array.from({ length: 200 }, () => clientFrame(2, text("x"))));
    hear(stream, clientFrame(2, text("x")));
    assert.equal(below.flowing, true);
    hear(stream, large.slice());
    assert.equal(below.flowing, false);
    await othersTurn();
    assert.equal(below.flowing, true);
    hear(stream, large.slice());
    above.stream.pause();
    await othersTurn();
    assert.equal(below.flowing, false, "the handler has paused it meanwhile");
    above.stream.resume();
    assert.equal(below.flowing, true);
    hear(stream, large.slice());
    above.stream.pause();
    above.stream.resume();
    assert.equal(below.flowing, false, "a resume does not shorten it");
    await othersTurn();
    assert.equal(below.flowing, true);
  });
});
