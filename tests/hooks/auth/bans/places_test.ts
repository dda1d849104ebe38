/** Banned networks against a model that looks at each bit. */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as fc from "fast-check";
import { banOf } from "../../../../hooks/auth/bans/ban.ts";
import { BanSet } from "../../../../hooks/auth/bans/ban_set.ts";
import { concerned } from "../../../../hooks/auth/bans/concerned.ts";
import { v4Of } from "../../../../hooks/auth/bans/places.ts";
import { formatAddress } from "../../../../src/runtime/address.ts";
import { formatIp } from "../../../../src/runtime/ip.ts";
import { clientOf } from "../ledger/fixtures.ts";

/** Few different ones, so that they meet. */
const byte = fc.constantFrom(0, 1, 127, 128, 254, 255);
const v4 = fc.tuple(byte, byte, byte, byte).map((bytes) => [...Array(10).fill(0), 255, 255, ...bytes]);
const v6 = fc.array(byte, { minLength: 16, maxLength: 16 }).map((bytes) => [0x20, ...bytes.slice(1)]);
const ip = fc.oneof(v4, v6);

function isV4(bytes: readonly number[]): boolean {
  return bytes.slice(0, 10).every((one) => one === 0) && bytes[10] === 255 && bytes[11] === 255;
}

function bit(bytes: readonly number[], i: number): number {
  return bytes[i >> 3]! >> (7 - (i & 7)) & 1;
}

function inside(bytes: readonly number[], network: readonly number[], bits: number): boolean {
  for (let i = 0; i < bits; i++) if (bit(bytes, i) !== bit(network, i)) return false;
  return true;
}

test("bans: networks keep out exactly those whose first bits are theirs, the smallest is named", () => {
  const network = fc.tuple(ip, fc.nat(128)).map(([bytes, bits]) => ({
    bytes,
    bits: isV4(bytes) ? Math.max(96, bits) : bits,
  }));
  fc.assert(
    fc.property(fc.array(network, { maxLength: 8 }), fc.array(ip, { minLength: 1 }), (networks, ips) => {
      const set = new BanSet();
      const bans = networks.map(({ bytes, bits }) => {
        const length = isV4(bytes) ? bits - 96 : bits;
        const ban = banOf({ kind: "network", value: `${formatIp(Uint8Array.from(bytes))}/${length}` }, 0);
        set.put(ban);
        return ban;
      });
      for (const bytes of ips) {
        const address = formatAddress(formatIp(Uint8Array.from(bytes)), 1883);
        const hits = networks.filter(({ bytes: of, bits }) => inside(bytes, of, bits));
        const found = set.findPlace(address, 0);
        assert.equal(found !== null, hits.length > 0, `${address} in ${bans.map(({ value }) => value)}`);
        const most = Math.max(...hits.map(({ bits }) => bits));
        if (found !== null) {
          const length = found.kind === "address"
            ? 128
            : Number(found.value.split("/")[1]) + (found.value.includes(":") ? 0 : 96);
          assert.equal(length, most);
        }
        for (const [i, ban] of bans.entries()) {
          const is = concerned(ban, () => false)(clientOf({ remote: address }));
          assert.equal(
            is,
            inside(bytes, networks[i]!.bytes, networks[i]!.bits),
            `${address} of ${ban.value}`,
          );
        }
      }
      for (const ban of bans) set.delete(ban);
      assert.equal(set.size, 0);
      assert.equal(set.hasPlaces, false);
    }),
  );
});

test("bans: an address that is none of IPv4 is none", () => {
  for (
    const text of [
      "",
      "unknown",
      "memory",
      "1.2.3",
      "1.2.3.256",
      "1.2.3.4.5",
      "1..2.3",
      "unix:/1.2.3.4",
      "[::1]:5",
      "1.2.3.4x",
    ]
  ) {
    assert.equal(v4Of(text), -1, text);
  }
  assert.equal(v4Of("1.2.3.4"), 0x01020304);
  assert.equal(v4Of("255.255.255.255:65535"), 0xffffffff);
});
