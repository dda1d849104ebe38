/** WebSocket frames, as bytes. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import {
  closeReply,
  encodeClose,
  encodeFrame,
  type FrameFailure,
  FrameReader,
} from "../../src/runtime/websocket_frames.ts";
import { concat, pattern } from "./recorder.ts";
import { clientFrame } from "./websocket_client.ts";

interface Read {
  payload: Uint8Array;
  pings: Uint8Array[];
  closes: Uint8Array[];
  failure: FrameFailure | null;
}

/** Feeds the bytes in pieces of the given lengths, used in turn. */
function read(bytes: Uint8Array, pieces: readonly number[] = [bytes.length], limit = 1e6): Read {
  const reader = new FrameReader(limit);
  const payload: Uint8Array[] = [];
  const result: Read = { payload: new Uint8Array(0), pings: [], closes: [], failure: null };
  let at = 0;
  for (let i = 0; at < bytes.length && result.failure === null; i++) {
    const piece = bytes.slice(at, at + (pieces[i % pieces.length] ?? 1));
    at += piece.length;
    result.failure = reader.read(piece, piece.length, {
      payload: (part, length) => payload.push(part.slice(0, length)),
      ping: (part) => result.pings.push(part),
      close: (part) => result.closes.push(part),
    });
  }
  return { ...result, payload: concat(payload) };
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

describe("websocket frames", () => {
  it("payload is the same however the bytes are cut", () => {
    const frame = fc.record({
      payload: fc.oneof(fc.uint8Array({ maxLength: 130 }), fc.constantFrom(pattern(126), pattern(65536))),
      fragments: fc.integer({ min: 1, max: 3 }),
      ping: fc.boolean(),
    });
    const pieces = fc.array(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 5 }), pieces, (frames, pieces) => {
        const wire: Uint8Array[] = [];
        let pings = 0;
        for (const { payload, fragments, ping } of frames) {
          const step = Math.ceil(payload.length / fragments);
          for (let i = 0; i < fragments; i++) {
            const part = payload.subarray(i * step, (i + 1) * step);
            wire.push(clientFrame(i === 0 ? 2 : 0, part, { final: i === fragments - 1 }));
            if (ping) wire.push(clientFrame(9, text("ping")));
            if (ping) pings++;
          }
        }
        const result = read(concat(wire), pieces);
        assert.equal(result.failure, null);
        assert.deepEqual(result.payload, concat(frames.map(({ payload }) => payload)));
        assert.equal(result.pings.length, pings);
      }),
      { numRuns: 60 },
    );
  });

  it("any bytes at all give payload or a failure", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const { failure, payload } = read(bytes, [7], 100);
      assert.ok(payload.length <= bytes.length);
      assert.ok(failure === null || [1002, 1003, 1009].includes(failure.code));
    }));
  });

  const some = text("some");
  const refused: [string, Uint8Array, number][] = [
    ["a text frame", clientFrame(1, some), 1003],
    ["an unmasked frame", clientFrame(2, some, { masked: false }), 1002],
    ["an unmasked ping", clientFrame(9, some, { masked: false }), 1002],
    ["a reserved bit", clientFrame(2, some, { reserved: 4 }), 1002],
    ["an unknown data opcode", clientFrame(3, some), 1002],
    ["an unknown control opcode", clientFrame(11, some), 1002],
    ["a fragmented ping", clientFrame(9, some, { final: false }), 1002],
    ["a ping of 126 bytes", clientFrame(9, pattern(126)), 1002],
    ["a continuation of nothing", clientFrame(0, some), 1002],
    [
      "a message inside a message",
      concat([clientFrame(2, some, { final: false }), clientFrame(2, some)]),
      1002,
    ],
    ["an announced size over the limit", clientFrame(2, some, { announced: 1e6 + 1 }), 1009],
    ["an announced size of an exabyte", clientFrame(2, some, { announced: 2 ** 47 }), 1009],
    [
      "fragments that together are over the limit",
      concat([
        clientFrame(2, pattern(6e5), { final: false }),
        clientFrame(0, pattern(4e5), { final: false }),
        clientFrame(0, some, { final: false }),
      ]),
      1009,
    ],
  ];
  for (const [name, bytes, code] of refused) {
    it(`refuses ${name} with ${code}`, () => {
      const result = read(concat([clientFrame(2, text("before")), bytes]), [11]);
      assert.equal(result.failure?.code, code);
      assert.deepEqual(result.payload.subarray(0, 6), text("before"));
    });
  }

  it("an answer to a ping without a mask is one, as paho-mqtt in Python sends it", () => {
    const unmasked = { masked: false };
    for (const size of [0, 4, 125]) {
      const bytes = concat([
        clientFrame(2, text("be"), { final: false }),
        clientFrame(10, pattern(size), unmasked),
        clientFrame(0, text("fore")),
        clientFrame(8, Uint8Array.of(3, 232), unmasked),
      ]);
      for (const piece of [1, 3, 1000]) {
        const { payload, closes, failure } = read(bytes, [piece]);
        assert.deepEqual([payload, closes, failure], [text("before"), [Uint8Array.of(3, 232)], null]);
      }
    }
  });

  it("a close frame is told with its payload", () => {
    const { closes, failure } = read(clientFrame(8, Uint8Array.of(3, 232)));
    assert.deepEqual([closes, failure], [[Uint8Array.of(3, 232)], null]);
  });

  it("a close is answered with its code, if that may be sent", () => {
    const reply = (...payload: number[]): number => closeReply(Uint8Array.from(payload));
    assert.equal(reply(), 1000);
    assert.equal(reply(3), 1002);
    for (const code of [1000, 1003, 1007, 1014, 3000, 4999]) {
      assert.equal(reply(code >> 8, code & 255, 65), code);
    }
    for (const code of [0, 999, 1004, 1005, 1006, 1015, 2999, 5000]) {
      assert.equal(reply(code >> 8, code & 255), 1002);
    }
  });

  it("the size limit starts anew with each message", () => {
    const frame = clientFrame(2, pattern(90));
    const { failure, payload } = read(concat([frame, frame, frame]), [50], 100);
    assert.deepEqual([failure, payload.length], [null, 270]);
  });

  it("frames of the server have the shortest length form and no mask", () => {
    assert.deepEqual(encodeFrame(2, text("abc")), Uint8Array.of(0x82, 3, 97, 98, 99));
    assert.deepEqual(encodeFrame(2, pattern(126)).subarray(0, 4), Uint8Array.of(0x82, 126, 0, 126));
    assert.deepEqual(
      encodeFrame(2, pattern(65536)).subarray(0, 10),
      Uint8Array.of(0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0),
    );
    assert.deepEqual(encodeClose(1003), Uint8Array.of(0x88, 2, 0x03, 0xEB));
  });
});
