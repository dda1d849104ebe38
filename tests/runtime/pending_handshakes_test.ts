/** Bounds on handshakes under way. */

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { clearInterval, setInterval } from "node:timers";
import { PendingHandshakes } from "../../src/runtime/pending_handshakes.ts";

interface Crowded {
  readonly handshakes: PendingHandshakes;
  readonly counters: { handshakes: number; refused: { pendingHandshakes: number; handshakeTimeout: number } };
  readonly dropped: string[];
  readonly evicted: string[];
  begin(address: string, listener?: string): ReturnType<PendingHandshakes["begin"]>;
}

function crowded(limit: number): Crowded {
  const counters = { handshakes: 0, refused: { pendingHandshakes: 0, handshakeTimeout: 0 } };
  const dropped: string[] = [];
  const evicted: string[] = [];
  const handshakes = new PendingHandshakes({
    limit,
    counters,
    onEvicted: (listener, address) => evicted.push(`${listener} ${address}`),
  });
  return {
    handshakes,
    counters,
    dropped,
    evicted,
    begin: (address, listener = "ws") =>
      handshakes.begin(listener, address, 60_000, () => dropped.push(address)),
  };
}

describe("pending handshakes", () => {
  it("a newcomer is never the one who goes, also when it is the only one of its address", () => {
    const { begin, dropped } = crowded(3);
    for (const port of [1, 2, 3, 4, 5]) begin(`192.0.2.1:${port}`);
    begin("198.51.100.1:1");
    begin("198.51.100.2:1");
    assert.deepEqual(dropped, [1, 2, 3, 4].map((port) => `192.0.2.1:${port}`));
    begin("198.51.100.3:1");
    assert.equal(dropped.length, 5);
    assert.notEqual(dropped.at(-1), "198.51.100.3:1");
  });

  it("a bound of one lets one after the other in", () => {
    const { begin, dropped } = crowded(1);
    for (const port of [1, 2, 3]) begin(`192.0.2.1:${port}`);
    assert.deepEqual(dropped, ["192.0.2.1:1", "192.0.2.1:2"]);
  });

  it("all of one IPv6 network share, others are left alone", () => {
    const { begin, dropped } = crowded(4);
    begin("[2001:db8:0:1::1]:1");
    for (const end of [1, 2, 3]) begin(`[2001:db8:0:2::${end}]:1`);
    begin("192.0.2.1:1");
    assert.deepEqual(dropped, ["[2001:db8:0:2::1]:1"]);
  });

  it("who is done has left its place, is not counted and is not dropped", () => {
    const { begin, dropped, counters } = crowded(2);
    const first = begin("192.0.2.1:1");
    begin("192.0.2.1:2");
    assert.equal(counters.handshakes, 2);
    first.done();
    first.done();
    first.evict();
    begin("192.0.2.1:3");
    assert.deepEqual([dropped, counters.handshakes, counters.refused.pendingHandshakes], [[], 2, 0]);
  });

  it("the bound holds for all listeners together, and who had to go is counted and told", () => {
    const { begin, evicted, counters } = crowded(2);
    begin("192.0.2.1:1", "tls");
    begin("192.0.2.1:2", "ws");
    begin("192.0.2.1:3", "http").evict();
    assert.deepEqual(evicted, ["tls 192.0.2.1:1", "http 192.0.2.1:3"]);
    assert.equal(counters.refused.pendingHandshakes, 2);
    assert.equal(counters.handshakes, 1);
  });

  it("who takes too long is dropped, and counted as that", async () => {
    const { handshakes, counters, evicted } = crowded(2);
    const alive = setInterval(() => {}, 1000); // As an open server does.
    await new Promise<void>((resolve) => {
      handshakes.begin("ws", "192.0.2.1:1", 20, (why) => {
        assert.equal(why, "late");
        resolve();
      });
    });
    clearInterval(alive);
    assert.deepEqual(counters, { handshakes: 0, refused: { pendingHandshakes: 0, handshakeTimeout: 1 } });
    assert.deepEqual(evicted, []);
  });
});
