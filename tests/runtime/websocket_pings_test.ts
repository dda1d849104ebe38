/** Pings for WebSocket connections that are quiet: when they are sent, and what they must not do. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { ownHandshakes } from "../../src/runtime/pending_handshakes.ts";
import type { Acceptor, ByteStream } from "../../src/runtime/stream.ts";
import { listenWebSocket, type WebSocketOptions } from "../../src/runtime/websocket/websocket.ts";
import { PingWheel } from "../../src/runtime/websocket/websocket_pings.ts";
import { WebSocketStream } from "../../src/runtime/websocket/websocket_stream.ts";
import { connectTcp, connectTls } from "./client.ts";
import { Recorder } from "./recorder.ts";
import { fixture, place, serverPair } from "./transports.ts";
import { clientFrame, upgradeRequest, WebSocketClient } from "./websocket_client.ts";

const timeout = 20_000;
const ping = [0x89, 0x00];
const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** A stream over one that only writes down what it is given. `holds`: it says that it is not done with it. */
class Below implements ByteStream {
  readonly remoteAddress = "127.0.0.1:1";
  readonly certificate = null;
  readonly writes: Uint8Array[] = [];
  holds = false;
  ended = false;
  write(bytes: Uint8Array): boolean {
    this.writes.push(bytes.slice());
    return !this.holds;
  }
  pause(): void {}
  resume(): void {}
  end(): void {
    this.ended = true;
  }
  destroy(): void {}

  get pings(): number {
    return this.writes.filter((bytes) => bytes.join() === ping.join()).length;
  }
}

/** After the handshake, which is the first thing that was heard and said. */
function opened(): { below: Below; stream: WebSocketStream; above: Recorder } {
  const below = new Below();
  let above: Recorder | undefined;
  const stream = new WebSocketStream(below, (inner) => above = new Recorder(inner), {
    paths: null,
    forwarded: null,
    requireSubprotocol: true,
    admits: () => true,
    maxMessageBytes: 1000,
    handshakeMs: 10_000,
    pending: new Set(),
    beginHandshake: ownHandshakes(),
    pings: null,
    restAfter: Infinity,
    refused: () => {},
    lingerMs: undefined,
    report: (error) => assert.fail(error),
  });
  hear(stream, text(upgradeRequest()));
  stream.pingIfQuiet();
  return { below, stream, above: above! };
}

function hear(stream: WebSocketStream, bytes: Uint8Array): void {
  stream.data(bytes, bytes.length);
}

const pong = (): Uint8Array => clientFrame(10, new Uint8Array());
const message = (): Uint8Array => clientFrame(2, text("x"));

describe("websocket pings: when", () => {
  it("one that is quiet gets one, one that answers the next after twice the time", () => {
    const { below, stream } = opened();
    const after: number[] = [];
    for (let i = 0; i < 6; i++) {
      stream.pingIfQuiet();
      if (below.writes.at(-1)!.join() === ping.join()) hear(stream, pong());
      after.push(below.pings);
    }
    assert.deepEqual(after, [1, 1, 2, 2, 3, 3]);
  });

  it("quiet in one direction is quiet: a proxy watches each", () => {
    for (const direction of ["heard", "said"]) {
      const { below, stream } = opened();
      if (direction === "heard") hear(stream, message());
      else stream.write(text("x"));
      stream.pingIfQuiet();
      assert.equal(below.pings, 1, direction);
    }
  });

  it("one on which something comes and goes gets none", () => {
    const { below, stream } = opened();
    for (let i = 0; i < 5; i++) {
      hear(stream, message());
      stream.write(text("x"));
      stream.pingIfQuiet();
      hear(stream, clientFrame(9, text("p"))); // A ping of the client, and its answer.
      stream.pingIfQuiet();
    }
    assert.equal(below.pings, 0);
  });

  it("one that was not answered is the last until something comes", () => {
    const { below, stream } = opened();
    for (let i = 0; i < 10; i++) {
      stream.write(text("x"));
      stream.pingIfQuiet();
    }
    assert.equal(below.pings, 1);
    hear(stream, message());
    for (let i = 0; i < 10; i++) stream.pingIfQuiet();
    assert.equal(below.pings, 2);
  });

  it("none while earlier bytes are held, and none in between those of a frame", () => {
    const { below, stream, above } = opened();
    below.holds = true;
    assert.equal(stream.write(text("x")), false);
    for (let i = 0; i < 3; i++) stream.pingIfQuiet();
    assert.equal(below.pings, 0);
    assert.equal(above.writtenCalls, 0);
    below.holds = false;
    stream.written();
    assert.equal(above.writtenCalls, 1);
    for (let i = 0; i < 3; i++) stream.pingIfQuiet();
    assert.equal(below.pings, 1);
  });

  it("none before the handshake is done, and none when it ends", () => {
    const { below, stream } = opened();
    stream.end();
    for (let i = 0; i < 3; i++) stream.pingIfQuiet();
    assert.equal(below.pings, 0);
    assert.equal(below.ended, true);
  });
});

describe("websocket pings: what they must not do", () => {
  it("ping and pong are nothing that was received or written for whoever reads MQTT", () => {
    const { below, stream, above } = opened();
    below.holds = true;
    stream.pingIfQuiet();
    below.holds = false;
    stream.written();
    hear(stream, pong());
    assert.equal(below.pings, 1);
    assert.deepEqual([above.received, above.writtenCalls], [0, 0]);
  });

  it(
    "the wheel turns for all of its streams, and no more for those that have gone",
    { timeout },
    async () => {
      const wheel = new PingWheel(32);
      const asked = Array.from({ length: 40 }, () => 0);
      let wake = (): void => {};
      const streams = asked.map((_, i) => ({
        pingIfQuiet: (): void => {
          asked[i]!++;
          wake();
        },
      }));
      const slots = streams.map((stream) => wheel.add(stream));
      const until = async (ready: () => boolean): Promise<void> => {
        while (!ready()) await new Promise<void>((resolve) => wake = resolve);
      };
      await until(() => asked.every((count) => count >= 3));
      assert.ok(Math.max(...asked) - Math.min(...asked) <= 1, "all alike");
      for (const [i, stream] of streams.entries()) if (i > 0) wheel.remove(stream, slots[i]!);
      wheel.remove(streams[1]!, slots[1]!);
      const before = [...asked];
      await until(() => asked[0]! >= before[0]! + 3);
      assert.deepEqual(asked.slice(1), before.slice(1));
      wheel.remove(streams[0]!, slots[0]!);
    },
  );
});

for (const protocol of ["ws", "wss"]) {
  describe(`websocket pings: ${protocol}`, () => {
    const serve = async (
      options: Partial<WebSocketOptions>,
      run: (acceptor: Acceptor, accepted: Recorder[]) => Promise<void>,
    ): Promise<void> => {
      const accepted: Recorder[] = [];
      const acceptor = await listenWebSocket({
        ...place,
        ...(protocol === "wss" ? { tls: serverPair } : {}),
        maxMessageBytes: 100_000,
        ...options,
      }, (stream) => {
        const recorder = new Recorder(stream);
        accepted.push(recorder);
        return recorder;
      });
      try {
        await run(acceptor, accepted);
      } finally {
        await acceptor.close();
        for (const { stream } of accepted) stream.destroy();
      }
    };
    const open = async ({ address }: Acceptor): Promise<WebSocketClient> =>
      await WebSocketClient.open(
        protocol === "wss"
          ? await connectTls(address, { ca: fixture("authority.crt") })
          : await connectTcp(address),
      );
    const pings = (client: WebSocketClient): number =>
      client.frames.filter(({ opcode }) => opcode === 9).length;
    /** Waits for so many, answering each. */
    const answering = async (client: WebSocketClient, count: number): Promise<void> => {
      for (let answered = 0; answered < count; answered++) {
        await client.until(() => pings(client) > answered);
        client.socket.write(
          answered % 2 === 0 ? pong() : clientFrame(10, new Uint8Array(), { masked: false }),
        );
      }
    };

    it(
      "who answers gets one after the other, who does not gets one",
      { timeout },
      () =>
        serve({ pingMs: 40 }, async (acceptor, accepted) => {
          const lively = await open(acceptor);
          const silent = await open(acceptor);
          await answering(lively, 5);
          assert.equal(pings(silent), 1);
          silent.send(text("x"));
          await silent.until(() => pings(silent) === 2);
          assert.deepEqual(accepted.map(({ received }) => received), [0, 1]);
          lively.reset();
          silent.reset();
        }),
    );

    it(
      "0 is never",
      { timeout },
      () =>
        serve({ pingMs: 0 }, (quiet) =>
          serve({ pingMs: 20 }, async (pinging) => {
            const never = await open(quiet);
            const clock = await open(pinging);
            await answering(clock, 5);
            assert.equal(never.frames.length, 0);
            never.reset();
            clock.reset();
          })),
    );
  });
}
