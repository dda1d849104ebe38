/** The header of the PROXY protocol: what is taken, what is not, wherever it is cut, and random bytes. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { crc32c } from "../../../src/runtime/proxy/crc32c.ts";
import { longestProxyHeader, readProxyHeader } from "../../../src/runtime/proxy/proxy_header.ts";
import { binary, line, summed, tlv, unix, v4, v6 } from "./headers.ts";

const v2 = "[2001:db8::7]:40000";
const damaged = summed(0x21, 0x11, v4);
damaged[16]! ^= 1;

/** The source it names. */
const good: readonly [name: string, header: Uint8Array, source: string | null][] = [
  ["v1 TCP4", line("PROXY TCP4 192.0.2.7 10.0.0.1 40000 1883"), "192.0.2.7:40000"],
  ["v1 TCP6", line("PROXY TCP6 2001:DB8:0:0::7 fd00::1 40000 1883"), v2],
  ["v1 TCP6 with mapped IPv4", line("PROXY TCP6 ::ffff:192.0.2.7 ::1 1 2"), "192.0.2.7:1"],
  [
    "v1 TCP6, as long as it can be",
    line(`PROXY TCP6 ${longest()} ${longest()} 65535 65535`),
    `[${longest()}]:65535`,
  ],
  ["v1 UNKNOWN", line("PROXY UNKNOWN"), null],
  [
    "v1 UNKNOWN with what is not to be looked at",
    line(`PROXY UNKNOWN ${longest()} ${longest()} 65535 65535`),
    null,
  ],
  ["v2 TCP4", binary(0x21, 0x11, v4), "192.0.2.7:40000"],
  ["v2 TCP6", binary(0x21, 0x21, v6), v2],
  ["v2 UNIX", binary(0x21, 0x31, unix("/run/client", "/run/proxy")), "unix:/run/client"],
  ["v2 UNIX, a client without a path", binary(0x21, 0x31, unix("", "/run/proxy")), "unix:/run/proxy"],
  ["v2 UNIX, a name of the kernel's", binary(0x21, 0x31, unix("\0name", "")), "unix:@name"],
  ["v2 UNIX, no path at all", binary(0x21, 0x31, unix("", "")), null],
  [
    "v2 UNIX, a path without an end",
    binary(0x21, 0x31, unix("/".padEnd(108, "x"), "")),
    `unix:${"/".padEnd(108, "x")}`,
  ],
  ["v2 LOCAL", binary(0x20, 0), null],
  ["v2 LOCAL with a family and what is none of it", binary(0x20, 0x11, [1, 2, 3]), null],
  ["v2 UNSPEC", binary(0x21, 0), null],
  ["v2 UNSPEC with bytes", binary(0x21, 0, [1, 2, 3, 4, 5]), null],
  [
    "v2 with more after the addresses",
    binary(0x21, 0x11, v4, [...tlv(4, [0, 0, 0]), ...tlv(0xea, [1])]),
    "192.0.2.7:40000",
  ],
  ["v2 with a checksum", summed(0x21, 0x11, v4), "192.0.2.7:40000"],
  ["v2 with a checksum and more", summed(0x21, 0x21, v6, tlv(1, [104, 50])), v2],
  [
    "v2 as long as it may be",
    binary(0x21, 0x11, v4, tlv(4, new Uint8Array(longestProxyHeader - 16 - 12 - 3))),
    "192.0.2.7:40000",
  ],
];

function longest(): string {
  return Array(8).fill("ffff").join(":");
}

const bad: readonly [name: string, header: Uint8Array, fault: RegExp][] = [
  ["MQTT", Uint8Array.of(0x10, 0x0c), /^MQTT came without/],
  ["TLS", Uint8Array.of(0x16, 3, 1), /^TLS came without/],
  ["HTTP", line("GET / HTTP/1.1"), /^something else, HTTP perhaps, came without/],
  ["HTTP that begins alike", line("PUT / HTTP/1.1"), /came without/],
  ["nothing known", Uint8Array.of(0), /^something else came without/],
  ["v1 another protocol", line("PROXY UDP4 1.2.3.4 1.2.3.4 1 2"), /none of TCP4/],
  ["v1 no protocol", line("PROXY "), /none of TCP4/],
  ["v1 the other family", line("PROXY TCP4 ::1 ::1 1 2"), /not two of TCP4/],
  ["v1 a zone", line("PROXY TCP6 fe80::1%lo fe80::1 1 2"), /not two of TCP6/],
  ["v1 two spaces", line("PROXY TCP4  1.2.3.4 1.2.3.4 1 2"), /not two of TCP4/],
  ["v1 more than it has", line("PROXY TCP4 1.2.3.4 1.2.3.4 1 2 3"), /not two of TCP4/],
  ["v1 no ports", line("PROXY TCP4 1.2.3.4 1.2.3.4"), /the ports/],
  ["v1 a port with a zero before it", line("PROXY TCP4 1.2.3.4 1.2.3.4 01 2"), /the ports/],
  ["v1 a port that is too high", line("PROXY TCP4 1.2.3.4 1.2.3.4 65536 2"), /the ports/],
  ["v1 without CR", new TextEncoder().encode("PROXY TCP4 1.2.3.4 1.2.3.4 1 2\n"), /CR LF/],
  ["v1 longer than it may be", line(`PROXY UNKNOWN ${"x".repeat(92)}`), /longer than 107/],
  ["v2 of another version", binary(0x31, 0x11, v4), /neither 1 nor 2/],
  ["v2 another command", binary(0x22, 0x11, v4), /command is not known/],
  ["v2 datagrams", binary(0x21, 0x12, v4), /carries a stream/],
  ["v2 another family", binary(0x21, 0x41, v4), /carries a stream/],
  ["v2 too short for its addresses", binary(0x21, 0x21, v4), /too short/],
  ["v2 torn", binary(0x21, 0x11, v4, [4, 0, 9, 1]), /torn/],
  ["v2 torn in the head of a piece", binary(0x21, 0x11, v4, [4, 0]), /torn/],
  ["v2 a checksum that is none", binary(0x21, 0x11, v4, tlv(3, [1, 2])), /torn/],
  ["v2 a wrong checksum", damaged, /checksum is wrong/],
  [
    "v2 longer than it may be",
    binary(0x21, 0x11, v4, new Uint8Array(longestProxyHeader - 27)),
    /more than 4096/,
  ],
];

describe("proxy header: what is taken", () => {
  const after = [0x10, 0x0c, 0xff];
  for (const [name, header, source] of good) {
    it(`${name}, cut anywhere, with anything after it`, () => {
      const bytes = Uint8Array.from([...header, ...after]);
      for (let length = 0; length < header.length; length++) {
        assert.equal(readProxyHeader(bytes, length), null, `at ${length}`);
      }
      for (let length = header.length; length <= bytes.length; length++) {
        assert.deepEqual(readProxyHeader(bytes, length), { source, length: header.length });
      }
    });
  }
});

describe("proxy header: what is not taken", () => {
  for (const [name, header, fault] of bad) {
    it(`${name}, and however it is cut it does not become one`, () => {
      const whole = readProxyHeader(header, header.length);
      assert.match(whole !== null && "fault" in whole ? whole.fault : "taken", fault);
      for (let length = 0; length < header.length; length++) {
        const part = readProxyHeader(header, length);
        if (part !== null) assert.ok("fault" in part, `at ${length}`);
      }
    });
  }

  it("whatever is sent, a decision is there after 4096 bytes", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: longestProxyHeader, maxLength: longestProxyHeader + 64 }),
      fc.tuple(fc.constantFrom(...good.map(([, header]) => header)), fc.uint8Array({ maxLength: 5000 }))
        .map(([header, more]) => {
          const all = new Uint8Array(Math.max(longestProxyHeader, header.length + more.length));
          all.set(header);
          all.set(more, header.length);
          return all;
        }),
    );
    fc.assert(fc.property(bytes, (all) => readProxyHeader(all, all.length) !== null), { numRuns: 500 });
  });
});

describe("proxy header: random bytes", () => {
  it("never throw, never name more bytes than came, and say the same again with more after them", () => {
    const headers = good.map(([, header]) => header);
    const start = fc.constantFrom(...headers);
    const mutated = fc.tuple(
      start,
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      fc.uint8Array(),
    )
      .map(([header, changes, more]) => {
        const bytes = Uint8Array.from([...header, ...more]);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        return bytes;
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array()), (bytes) => {
        const read = readProxyHeader(bytes, bytes.length);
        if (read === null) return;
        const longer = Uint8Array.from([...bytes, 1, 10, 13]);
        assert.deepEqual(readProxyHeader(longer, longer.length), read);
        if ("fault" in read) return assert.ok(read.fault.length > 0 && read.fault.length < 100);
        assert.ok(read.length <= bytes.length && read.length > 0);
        for (let length = 0; length < read.length; length++) {
          assert.equal(readProxyHeader(bytes, length), null);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

it("crc32c: the examples of RFC 3720", () => {
  assert.equal(crc32c(new Uint8Array(32)), 0x8a91_36aa);
  assert.equal(crc32c(new Uint8Array(32).fill(255)), 0x62a8_ab43);
  assert.equal(crc32c(Uint8Array.from({ length: 32 }, (_, i) => i)), 0x46dd_794e);
});
