import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import test from "node:test";
import fc from "fast-check";
import { decode } from "../../src/packets/decode.ts";
import { Malformed, Reasons } from "../../src/packets/reason.ts";
import type { Packet, ProtocolVersion } from "../../src/packets/types.ts";
import { anyPacket, packetsByType } from "./arbitraries.ts";
import { decodeBody, decodeWhole, encodeWhole, options } from "./notation.ts";

const REASONS: readonly unknown[] = [
  Reasons.malformedPacket,
  Reasons.protocolError,
  Reasons.topicAliasInvalid,
  Reasons.quotaExceeded,
  Reasons.unsupportedProtocolVersion,
];

/** Whatever the bytes: a reason, or a packet that stays what it is when sent on. */
function check(answer: Packet | Malformed, version: ProtocolVersion): void {
  if (answer instanceof Malformed) {
    assert.ok(REASONS.includes(answer.reason), answer.reason.text);
    return;
  }
  const spoken = answer.type === 1 ? answer.version : version;
  assert.deepEqual(decodeWhole(encodeWhole(answer, spoken), spoken), answer);
}

const version = fc.constantFrom<ProtocolVersion>(3, 4, 5);
const firstByte = fc.integer({ min: 0, max: 255 });
/** Small numbers make lengths that fit, so that decoding gets further. */
const plausibleBytes = fc.array(fc.oneof(fc.integer({ min: 0, max: 8 }), firstByte), { maxLength: 60 });

test("decode: any first byte with any two bytes gives a packet or a reason", () => {
  const body = new Uint8Array(2);
  for (const spoken of [3, 4, 5] as const) {
    for (let first = 0; first < 256; first++) {
      check(decodeBody(first, body.subarray(0, 0), spoken), spoken);
      for (let a = 0; a < 256; a++) {
        body[0] = a;
        check(decodeBody(first, body.subarray(0, 1), spoken), spoken);
        for (const b of [0, 1, 2, 0x7F, 0x80, 0xFF]) {
          body[1] = b;
          const answer = decodeBody(first, body, spoken);
          assert.ok(answer instanceof Malformed || answer.type === first >> 4);
        }
      }
    }
  }
});

test("decode: random bytes give a packet or a reason", () => {
  fc.assert(
    fc.property(version, firstByte, plausibleBytes, (spoken, first, body) => {
      check(decodeBody(first, Uint8Array.from(body), spoken), spoken);
    }),
    { numRuns: 20_000 },
  );
});

for (const spoken of [3, 4, 5] as const) {
  test(`decode: packets with bytes changed give a packet or a reason, version ${spoken}`, () => {
    const change = fc.tuple(fc.nat(), fc.oneof(fc.integer({ min: 0, max: 8 }), firstByte));
    fc.assert(
      fc.property(anyPacket(spoken), fc.array(change, { minLength: 1, maxLength: 4 }), (packet, changes) => {
        const [first, body] = split(encodeWhole(packet, spoken));
        for (const [at, value] of changes) if (body.length > 0) body[at % body.length] = value;
        check(decodeBody(first, body, spoken), spoken);
      }),
      { numRuns: 5_000 },
    );
  });

  for (const [name, packets] of packetsByType(spoken)) {
    test(`decode: ${name} cut anywhere gives another packet or a reason, version ${spoken}`, () => {
      fc.assert(
        fc.property(packets, fc.nat(), (packet, at) => {
          const [first, body] = split(encodeWhole(packet, spoken));
          const answer = decodeBody(
            first,
            body.subarray(0, body.length === 0 ? 0 : at % body.length),
            spoken,
          );
          if (body.length > 0) assert.notDeepEqual(answer, packet);
          check(answer, spoken);
        }),
        { numRuns: 100 },
      );
    });
  }

  test(`decode: a packet keeps nothing of the chunk it came in, version ${spoken}`, () => {
    fc.assert(
      fc.property(anyPacket(spoken), fc.boolean(), (packet, asBuffer) => {
        const [first, body] = split(encodeWhole(packet, spoken));
        const chunk = asBuffer
          ? Buffer.alloc(body.length + 20, 0xAA)
          : new Uint8Array(body.length + 20).fill(0xAA);
        chunk.set(body, 7);
        const decoded = decode(first, chunk, 7, 7 + body.length, options(spoken));
        chunk.fill(0xFF);
        assert.deepEqual(decoded, packet);
      }),
      { numRuns: 500 },
    );
  });
}

test("decode: nothing outside start and end is read", () => {
  fc.assert(
    fc.property(
      anyPacket(5),
      fc.uint8Array({ maxLength: 9 }),
      fc.uint8Array({ maxLength: 9 }),
      (packet, a, b) => {
        const [first, body] = split(encodeWhole(packet, 5));
        const chunk = Uint8Array.from([...a, ...body, ...b]);
        assert.deepEqual(decode(first, chunk, a.length, a.length + body.length, options(5)), packet);
      },
    ),
  );
});

/** First byte and body of an encoded packet. */
function split(encoded: Uint8Array): [first: number, body: Uint8Array] {
  let start = 2;
  while (encoded[start - 1] >= 0x80) start++;
  return [encoded[0], encoded.slice(start)];
}
