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
} from "../../src/runtime/websocket/websocket_frames.ts";
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
      ping: (part) => result.pings.push(part.slice()),
      close: (part) => result.closes.push(part.slice()),
    });
  }
  return { ...result, payload: concat(payload) };
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

const some = text("some");

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
        const name = (): Uint8Array => Uint8Array.of(7, pings);
        for (const { payload, fragments, ping } of frames) {
          const step = Math.ceil(payload.length / fragments);
          for (let i = 0; i < fragments; i++) {
            const part = payload.subarray(i * step, (i + 1) * step);
            wire.push(clientFrame(i === 0 ? 2 : 0, part, { final: i === fragments - 1 }));
            if (ping) pings++;
            if (ping) wire.push(clientFrame(9, name()));
          }
        }
        const result = read(concat(wire), pieces);
        assert.equal(result.failure, null);
        assert.deepEqual(result.payload, concat(frames.map(({ payload }) => payload)));
        if (pings === 0) return assert.deepEqual(result.pings, []);
        assert.deepEqual(result.pings.at(-1), name());
        assert.ok(result.pings.length <= pings);
      }),
      { numRuns: 60 },
    );
  });

  it("a chunk full of one-byte frames is one call, whatever their masks and where it is cut", () => {
    const sent = pattern(5000);
    const wire = concat(Array.from(sent, (_, i) => {
      const frame = clientFrame(2, sent.subarray(i, i + 1));
      for (let at = 2; at < 6; at++) frame[at]! ^= i;
      frame[6]! ^= i;
      return frame;
    }));
    const calls: number[] = [];
    for (const cut of [0, 1, 2, 3, 4, 5, 6]) {
      const reader = new FrameReader(1000);
      const got: Uint8Array[] = [];
      const events = {
        payload: (bytes: Uint8Array, length: number) => got.push(bytes.slice(0, length)),
        ping: () => assert.fail("no ping was sent"),
        close: () => assert.fail("no close was sent"),
      };
      for (const part of [wire.slice(0, 21_000 + cut), wire.slice(21_000 + cut)]) {
        assert.equal(reader.read(part, part.length, events), null);
      }
      assert.deepEqual(concat(got), sent);
      calls.push(got.length);
    }
    assert.deepEqual(calls, [2, 2, 2, 2, 2, 2, 2]);
  });

  it("payload of every length is unmasked wherever it lies", () => {
    for (const size of [0, 1, 2, 3, 4, 5, 63, 64, 65, 125, 126, 510, 511, 512, 513, 514, 515, 1027, 70_001]) {
      const first = clientFrame(2, pattern(size));
      const wire = concat([first, clientFrame(2, text("abc")), first]);
      const expected = concat([pattern(size), text("abc"), pattern(size)]);
      for (const shift of [0, 1, 2, 3]) {
        // Where words would not be aligned.
        const memory = new Uint8Array(wire.length + 4);
        memory.set(wire, shift);
        const got: Uint8Array[] = [];
        const chunk = memory.subarray(shift, shift + wire.length);
        const failure = new FrameReader(1e6).read(chunk, chunk.length, {
          payload: (bytes, length) => got.push(bytes.slice(0, length)),
          ping: () => {},
          close: () => {},
        });
        assert.equal(failure, null);
        assert.deepEqual(concat(got), expected);
      }
      assert.deepEqual(read(wire, [3, 700, 1]).payload, expected);
    }
  });

  it("of the pings of one chunk the last is told, also when the next one is cut", () => {
    const ping = (i: number): Uint8Array => clientFrame(9, Uint8Array.of(i, i + 1, i + 2));
    const wire = concat([
      ping(1),
      clientFrame(2, text("a")),
      ping(2),
      ping(3),
      clientFrame(2, text("bc")),
      ping(4),
    ]);
    for (let cut = 1; cut < 9; cut++) {
      const { pings, payload, failure } = read(wire, [wire.length - cut, cut]);
      assert.equal(failure, null);
      assert.deepEqual(payload, text("abc"));
      assert.deepEqual(pings, [Uint8Array.of(3, 4, 5), Uint8Array.of(4, 5, 6)]);
    }
    assert.deepEqual(read(wire).pings, [Uint8Array.of(4, 5, 6)]);
    assert.deepEqual(read(concat([ping(1), clientFrame(8, text("")), ping(2)])).pings, []);
  });

  it("a message is not begun by a small frame inside another message", () => {
    const open = clientFrame(2, some, { final: false });
    assert.equal(read(concat([open, clientFrame(2, text("x"))])).failure?.code, 1002);
    const wire = concat([open, clientFrame(9, some), clientFrame(0, text("x")), clientFrame(2, text("y"))]);
    assert.deepEqual(read(wire).payload, text("somexy"));
  });

  it("any bytes at all give payload or a failure", () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const { failure, payload } = read(bytes, [7], 100);
      assert.ok(payload.length <= bytes.length);
      assert.ok(failure === null || [1002, 1003, 1009].includes(failure.code));
    }));
  });

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
