/** How many connections a second, in all and from one address. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Admission } from "../../../src/broker/connection/admission.ts";
import { Reasons } from "../../../src/packets/reason.ts";
import { TestBroker } from "../../harness/mod.ts";

function admitted(admission: Admission, address: string, times: number): number {
  let count = 0;
  for (let i = 0; i < times; i++) if (admission.refuse(`${address}:${1000 + i}`) === null) count++;
  return count;
}

test("connection rate: one address has a share, and the others do not notice", async () => {
  await using t = new TestBroker({ limits: { connectionRate: 100, connectionRatePerAddress: 10 } });
  const admission = new Admission(t.broker);
  assert.equal(admitted(admission, "192.0.2.1", 1000), 10);
  assert.equal(admitted(admission, "192.0.2.2", 5), 5);
  assert.equal(t.broker.stats.refused.connectionRate, 990);
  const { reason, cause } = admission.refuse("192.0.2.1:1")!;
  assert.equal(reason, Reasons.connectionRateExceeded);
  assert.equal(cause?.setting, "limits.connectionRatePerAddress");
  t.clock.advance(500);
  assert.equal(admitted(admission, "192.0.2.1", 1000), 5);
});

test("connection rate: all addresses together have no more than the whole", async () => {
  await using t = new TestBroker({ limits: { connectionRate: 100, connectionRatePerAddress: 10 } });
  const admission = new Admission(t.broker);
  let count = 0;
  for (let i = 0; i < 50; i++) count += admitted(admission, `192.0.2.${i}`, 10);
  assert.equal(count, 100);
});

test("connection rate: a network of IPv6 is one address", async () => {
  await using t = new TestBroker({ limits: { connectionRatePerAddress: 10 } });
  const admission = new Admission(t.broker);
  let count = 0;
  for (let i = 0; i < 100; i++) count += admitted(admission, `[2001:db8:1:2:${i.toString(16)}::1]`, 1);
  assert.equal(count, 10);
  assert.equal(admitted(admission, "[2001:db8:1:3::1]", 1), 1);
});

test("connection rate: 0 is no limit for an address, and what has none is not counted", async () => {
  await using t = new TestBroker({ limits: { connectionRatePerAddress: 0 } });
  assert.equal(admitted(new Admission(t.broker), "192.0.2.1", 9000), 9000);
  await using u = new TestBroker({ limits: { connectionRatePerAddress: 2 } });
  const admission = new Admission(u.broker);
  for (const own of ["unix:/run/mqtt", "127.0.0.1", "127.1.2.3", "[::1]", "memory"]) {
    assert.equal(admitted(admission, own, 100), 100, own);
  }
  assert.equal(admitted(admission, "[2001:db8::1]", 100), 2);
});

test("connection rate: however many addresses a stranger has, few are remembered, and the busy one stays known", async () => {
  await using t = new TestBroker({ limits: { connectionRate: 10_000_000, connectionRatePerAddress: 10 } });
  const admission = new Admission(t.broker);
  for (let i = 0; i < 30_000; i++) {
    admitted(admission, `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, 1);
    if (i % 1000 === 0) admitted(admission, "192.0.2.1", 1);
    t.clock.advance(0.001);
  }
  assert.equal(admitted(admission, "192.0.2.1", 10), 0);
});
