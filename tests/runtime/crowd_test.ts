/** Who makes room when there are too many. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { addressGroup, formatAddress } from "../../src/runtime/address.ts";
import { Crowd } from "../../src/runtime/tcp/crowd.ts";

describe("crowd", () => {
  it("the oldest of the address that has the most makes room, however old the others are", () => {
    const crowd = new Crowd<string>();
    crowd.add("patient", "192.0.2.1:1");
    for (let i = 0; i < 3; i++) crowd.add(`many${i}`, `192.0.2.2:${i}`);
    for (let i = 0; i < 2; i++) crowd.add(`few${i}`, `192.0.2.3:${i}`);
    const left: string[] = [];
    while (crowd.first !== undefined) {
      left.push(crowd.first);
      crowd.delete(crowd.first);
    }
    assert.deepEqual(left, ["many0", "few0", "many1", "patient", "few1", "many2"]);
    assert.equal(crowd.size, 0);
  });

  it("with one each the oldest makes room", () => {
    const crowd = new Crowd<number>();
    for (let i = 0; i < 5; i++) crowd.add(i, `192.0.2.${i}:1`);
    assert.equal(crowd.first, 0);
    crowd.delete(0);
    crowd.add(5, "192.0.2.9:1");
    assert.equal(crowd.first, 1);
  });

  it("it is one of the most crowded address, whatever comes and goes", () => {
    const step = fc.record({ come: fc.boolean(), address: fc.integer({ min: 1, max: 5 }), which: fc.nat() });
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const crowd = new Crowd<number>();
      const model = new Map<number, number>();
      steps.forEach(({ come, address, which }, i) => {
        const there = [...model.keys()];
        const leaves = there[which % Math.max(1, there.length)];
        if (come) model.set(i, address);
        else if (leaves !== undefined) model.delete(leaves);
        if (come) crowd.add(i, `10.0.0.${address}:${i}`);
        else if (leaves !== undefined) crowd.delete(leaves);
        const counts = Map.groupBy(model, ([, from]) => from);
        const most = Math.max(0, ...[...counts.values()].map((members) => members.length));
        assert.equal(crowd.size, model.size);
        if (model.size === 0) return assert.equal(crowd.first, undefined);
        const crowded = counts.get(model.get(crowd.first!)!)!;
        assert.equal(crowded.length, most);
        assert.equal(crowded[0]![0], crowd.first);
      });
    }));
  });
});

describe("address groups", () => {
  const cases: [string, string][] = [
    [formatAddress("192.0.2.7", 1883), "192.0.2.7"],
    [formatAddress("::ffff:192.0.2.7", 1883), "192.0.2.7"],
    [formatAddress("2001:db8:1:2:3:4:5:6", 1883), "2001:db8:1:2::/64"],
    [formatAddress("2001:0DB8:1:2::", 1), "2001:db8:1:2::/64"],
    [formatAddress("2001:db8::7", 1883), "2001:db8:0:0::/64"],
    [formatAddress("::1", 1883), "0:0:0:0::/64"],
    [formatAddress("1::3:4:5:6:7:8", 1883), "1:0:3:4::/64"],
    [formatAddress("fe80::1%eth0", 1883), "fe80:0:0:0::/64"],
    ["unix:/run/mqtt.sock", "unix:/run/mqtt.sock"],
    ["unix:", "unix:"],
    ["unknown", "unknown"],
    [formatAddress("unknown", 0), "unknown"],
    ["", ""],
  ];
  for (const [address, group] of cases) {
    it(`${JSON.stringify(address)} shares with ${JSON.stringify(group)}`, () => {
      assert.equal(addressGroup(address), group);
    });
  }

  it("any text has a group", () => {
    fc.assert(fc.property(fc.string(), (text) => {
      assert.equal(typeof addressGroup(text), "string");
      assert.equal(typeof addressGroup(`[${text}]:1`), "string");
    }));
  });
});
