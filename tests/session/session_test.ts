/** One session: what is sent, what waits, what is repeated. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { QoS } from "../../src/packets/types.ts";
import { Retain } from "../../src/session/retain.ts";
import type { Message } from "../../src/session/message.ts";
import type { Session } from "../../src/session/session.ts";
import { SharedGroup } from "../../src/session/shared_group.ts";
import { attach, FakeHost, FakeOutlet, messageOf, sessionOf, textOf } from "./fakes.ts";

function deliver(session: Session, qos: QoS, ...texts: string[]): void {
  for (const text of texts) session.deliver(messageOf(text), qos, Retain.NO, null, null);
}

/** PUBACK, or PUBREC and PUBCOMP. */
function done(session: Session, packetId: number): void {
  const delivery = session.find(packetId)!;
  if (delivery.qos === 1) assert.equal(session.acknowledged(delivery), true);
  else {
    session.receivedBy(delivery);
    assert.equal(session.completed(delivery), true);
  }
}

function counts(session: Session, host: FakeHost): number[] {
  assert.deepEqual([session.inflightCount, session.queuedCount], [host.inflight, host.queued]);
  return [host.inflight, host.queued];
}

test("session: QoS 0 goes out at once or not at all", () => {
  const host = new FakeHost();
  const session = sessionOf(host);
  session.send(messageOf("offline"), Retain.NO, null);
  const outlet = attach(session, new FakeOutlet());
  session.send(messageOf("a"), Retain.RETAINED, [7]);
  assert.deepEqual(outlet.sent, [{
    text: "a",
    qos: 0,
    retain: true,
    dup: false,
    packetId: 0,
    identifiers: [7],
  }]);
  outlet.congested = true;
  assert.equal(session.send(messageOf("late"), Retain.NO, null), true);
  outlet.congested = false;
  outlet.largest = 3;
  // (Another one may take it: whoever sends it says whether it is dropped.)
  assert.equal(session.send(messageOf("large"), Retain.NO, null), false);
  assert.deepEqual(host.drops, [{ text: "late", why: "slow" }]);
  assert.deepEqual(counts(session, host), [0, 0]);
});

test("session: messages wait while nobody is there and come in order", () => {
  const host = new FakeHost();
  const session = sessionOf(host);
  deliver(session, 1, "a", "b");
  deliver(session, 2, "c");
  assert.deepEqual(counts(session, host), [0, 3]);
  const outlet = attach(session, new FakeOutlet());
  assert.deepEqual(outlet.sent.map((s) => [s.text, s.qos, s.packetId, s.dup]), [
    ["a", 1, 1, false],
    ["b", 1, 2, false],
    ["c", 2, 3, false],
  ]);
  assert.deepEqual(counts(session, host), [3, 0]);
});

test("session: the client's Receive Maximum bounds what is on its way, and comes back", () => {
  const host = new FakeHost();
  const session = sessionOf(host);
  const outlet = attach(session, new FakeOutlet(), 2);
  deliver(session, 1, "a", "b", "c", "d", "e");
  assert.deepEqual(outlet.take(), ["a", "b"]);
  assert.deepEqual(counts(session, host), [2, 3]);
  done(session, 2);
  assert.deepEqual(outlet.take(), ["c"]);
  done(session, 1);
  done(session, 3);
  assert.deepEqual(outlet.take(), ["d", "e"]);
  done(session, 4);
  done(session, 5);
  deliver(session, 1, "f", "g", "h");
  assert.deepEqual(outlet.take(), ["f", "g"]);
});

test("session: our own bound counts where the client would take more", () => {
  const host = new FakeHost();
  host.maximumInflight = 3;
  const session = sessionOf(host);
  const outlet = attach(session, new FakeOutlet());
  deliver(session, 1, "a", "b", "c", "d");
  assert.deepEqual(outlet.take(), ["a", "b", "c"]);
});

test("session: QoS 2 keeps its place until PUBCOMP", () => {
  const host = new FakeHost();
  const session = sessionOf(host);
  const outlet = attach(session, new FakeOutlet(), 1);
  deliver(session, 2, "a", "b");
  const a = session.find(1)!;
  assert.equal(session.completed(a), false, "PUBCOMP before PUBREC");
  assert.equal(session.receivedBy(a), true);
  assert.deepEqual(outlet.take(), ["a"], "PUBREC gives nothing back");
  assert.equal(session.acknowledged(a), false, "a refusal after PUBREC comes too late");
  assert.equal(session.completed(a), true);
  assert.deepEqual(outlet.take(), ["b"]);
  assert.equal(session.acknowledged(session.find(2)!), true, "a PUBREC that refuses ends it");
  assert.deepEqual(counts(session, host), [0, 0]);
});

test("session: what was not acknowledged is repeated with its id and DUP, oldest first, before anything new", () => {
  const host = new FakeHost();
  const session = sessionOf(host);
  attach(session, new FakeOutlet());
  deliver(session, 1, "a", "b");
  deliver(session, 2, "c", "d");
  done(session, 1);
  session.receivedBy(session.find(3)!);
  session.detach(5);
  assert.equal(session.disconnectedAt, 5);
  deliver(session, 1, "e");
  const outlet = attach(session, new FakeOutlet());
  assert.deepEqual(outlet.sent.map((s) => [s.text, s.packetId, s.dup]), [
    ["b", 2, true],
    ["d", 4, true],
    ["e", 5, false],
  ]);
  assert.deepEqual(outlet.released, [3]);
  assert.deepEqual(counts(session, host), [4, 0]);
});

test("session: repeating keeps to a smaller Receive Maximum, and nothing new overtakes", () => {
  const host = new FakeHost();
  const session = sessionOf(host);
  attach(session, new FakeOutlet());
  deliver(session, 1, "a", "b", "c");
  session.detach(0);
  deliver(session, 1, "d");
  const outlet = attach(session, new FakeOutlet(), 1);
  deliver(session, 1, "e");
  assert.deepEqual(outlet.take(), ["a!"]);
  done(session, 1);
  assert.deepEqual(outlet.take(), ["b!"]);
  done(session, 2);
  done(session, 3);
  assert.deepEqual(outlet.take(), ["c!", "d"]);
  done(session, 4);
  assert.deepEqual(outlet.take(), ["e"]);
});

test("session: an exchange of an earlier connection that waits for PUBCOMP takes part of Receive Maximum", () => {
  const session = sessionOf();
  attach(session, new FakeOutlet());
  deliver(session, 2, "a", "b");
  session.receivedBy(session.find(1)!);
  session.receivedBy(session.find(2)!);
  session.detach(0);
  deliver(session, 1, "c", "d");
  const outlet = attach(session, new FakeOutlet(), 1);
  assert.deepEqual(outlet.released, [1, 2]);
  assert.deepEqual(outlet.take(), []);
  assert.equal(session.completed(session.find(1)!), true);
  assert.deepEqual(outlet.take(), []);
  assert.equal(session.completed(session.find(2)!), true);
  assert.deepEqual(outlet.take(), ["c"], "one at a time, as the client asked");
  done(session, 3);
  assert.deepEqual(outlet.take(), ["d"]);
});

test("session: an acknowledgement of what was not repeated yet gives nothing back", () => {
  const session = sessionOf();
  attach(session, new FakeOutlet());
  deliver(session, 1, "a", "b", "c");
  session.detach(0);
  const outlet = attach(session, new FakeOutlet(), 1);
  assert.deepEqual(outlet.take(), ["a!"]);
  done(session, 3);
  assert.deepEqual(outlet.take(), []);
  done(session, 1);
  assert.deepEqual(outlet.take(), ["b!"]);
  deliver(session, 1, "d");
  assert.deepEqual(outlet.take(), []);
  done(session, 2);
  assert.deepEqual(outlet.take(), ["d"]);
});

test("session: a PUBREC for what was not repeated yet is the end of repeating it", () => {
  const session = sessionOf();
  attach(session, new FakeOutlet());
  deliver(session, 2, "a", "b", "c");
  session.detach(0);
  const outlet = attach(session, new FakeOutlet(), 1);
  session.receivedBy(session.find(2)!);
  done(session, 1);
  assert.deepEqual(outlet.take(), ["a!"], "b waits for PUBCOMP, one is all the client takes");
  assert.equal(session.completed(session.find(2)!), true);
  assert.deepEqual(outlet.take(), ["c!"]);
});

test("session: PUBREL is repeated at once, also behind what has to wait for it", () => {
  const session = sessionOf();
  attach(session, new FakeOutlet());
  deliver(session, 2, "a", "b");
  session.receivedBy(session.find(2)!);
  session.detach(0);
  const outlet = attach(session, new FakeOutlet(), 1);
  assert.deepEqual(outlet.released, [2]);
  assert.deepEqual(outlet.take(), []);
  assert.equal(session.completed(session.find(2)!), true);
  assert.deepEqual(outlet.take(), ["a!"]);
});

test("session: PUBCOMP may come before PUBREL was repeated", () => {
  const session = sessionOf();
  attach(session, new FakeOutlet());
  deliver(session, 2, "a", "b");
  session.receivedBy(session.find(1)!);
  session.detach(0);
  const outlet = new FakeOutlet();
  outlet.congested = true;
  attach(session, outlet, 1);
  assert.equal(session.completed(session.find(1)!), true);
  outlet.congested = false;
  session.pump();
  assert.deepEqual(outlet.released, []);
  assert.deepEqual(outlet.take(), ["b!"]);
  deliver(session, 1, "c");
  done(session, 2);
  assert.deepEqual(outlet.take(), ["c"]);
});

test("session: a congested connection gets nothing until it is free again", () => {
  const host = new FakeHost();
  const session = sessionOf(host);
  const outlet = attach(session, new FakeOutlet());
  outlet.congested = true;
  deliver(session, 1, "a", "b");
  assert.deepEqual(outlet.take(), []);
  assert.deepEqual(counts(session, host), [0, 2]);
  outlet.congested = false;
  session.pump();
  deliver(session, 1, "c");
  assert.deepEqual(outlet.take(), ["a", "b", "c"]);
});

test("session: a connection that is congested while it repeats goes on where it was", () => {
  const session = sessionOf();
  attach(session, new FakeOutlet());
  deliver(session, 1, "a", "b", "c");
  session.detach(0);
  const outlet = new FakeOutlet();
  outlet.congested = true;
  attach(session, outlet);
  assert.deepEqual(outlet.take(), []);
  deliver(session, 1, "d");
  outlet.congested = false;
  session.pump();
  assert.deepEqual(outlet.take(), ["a!", "b!", "c!", "d"]);
});

test("session: a message too large for the client counts as delivered", () => {
  const host = new FakeHost();
  const session = sessionOf(host);
  const outlet = new FakeOutlet();
  outlet.largest = 3;
  attach(session, outlet, 1);
  deliver(session, 1, "large", "a", "larger", "b");
  assert.deepEqual(outlet.take(), ["a"]);
  done(session, outlet.sent.length === 0 ? session.inflight()[Symbol.iterator]().next().value!.packetId : 0);
  assert.deepEqual(outlet.take(), ["b"]);
  assert.deepEqual(host.drops.map((d) => d.why), ["tooLarge", "tooLarge"]);
  assert.deepEqual(host.qosDrops, ["large", "larger"]);
  assert.deepEqual(counts(session, host), [1, 0]);
});

test("session: what is too large for the next connection is dropped instead of repeated", () => {
  const host = new FakeHost();
  const session = sessionOf(host);
  attach(session, new FakeOutlet());
  deliver(session, 1, "large", "a");
  session.detach(0);
  const outlet = new FakeOutlet();
  outlet.largest = 3;
  attach(session, outlet);
  assert.deepEqual(outlet.take(), ["a!"]);
  assert.deepEqual(host.drops, [{ text: "large", why: "tooLarge" }]);
  assert.deepEqual(host.qosDrops, ["large"]);
  assert.deepEqual(counts(session, host), [1, 0]);
});

test("session: what expired while it waited is not sent", () => {
  const host = new FakeHost();
  const session = sessionOf(host);
  session.deliver(messageOf("short", 2000), 1, Retain.NO, null, null);
  session.deliver(messageOf("long", 3000), 1, Retain.NO, null, null);
  host.time = 2000;
  const outlet = attach(session, new FakeOutlet());
  assert.deepEqual(outlet.take(), ["long"]);
  assert.deepEqual(host.drops, [{ text: "short", why: "expired" }]);
  assert.deepEqual(counts(session, host), [1, 0]);
});

test("session: a full queue drops its oldest message, or the newest if it is told to", () => {
  for (const dropOldest of [true, false]) {
    const host = new FakeHost();
    host.maximumQueuedMessages = 3;
    host.dropOldest = dropOldest;
    const session = sessionOf(host);
    deliver(session, 1, "a", "b", "c", "d", "e");
    assert.deepEqual(counts(session, host), [0, 3]);
    assert.deepEqual(host.drops.map((d) => d.text), dropOldest ? ["a", "b"] : ["d", "e"]);
    assert.deepEqual(host.qosDrops, host.drops.map((d) => d.text));
    assert.deepEqual(
      attach(session, new FakeOutlet()).take(),
      dropOldest ? ["c", "d", "e"] : ["a", "b", "c"],
    );
  }
});

test("session: the bytes that wait are bounded too, and counted right", () => {
  const host = new FakeHost();
  host.maximumQueuedBytes = 3 * messageOf("x".repeat(100)).size;
  const session = sessionOf(host);
  for (let i = 0; i < 5; i++) deliver(session, 1, `${i}`.repeat(100));
  assert.deepEqual(counts(session, host), [0, 3]);
  assert.equal(session.waiting?.bytes ?? 0, host.maximumQueuedBytes);
  deliver(session, 1, "y".repeat(10_000));
  assert.deepEqual(counts(session, host), [0, 3], "for one that never fits nothing has to go");
  assert.equal(session.waiting?.bytes ?? 0, host.maximumQueuedBytes);
  deliver(session, 1, "z");
  assert.deepEqual(attach(session, new FakeOutlet()).take(), ["3".repeat(100), "4".repeat(100), "z"]);
  assert.equal(session.waiting?.bytes ?? 0, 0);
});

test("session: a connected client whose queue is half full is reported", () => {
  const host = new FakeHost();
  host.maximumQueuedMessages = 4;
  const session = sessionOf(host);
  deliver(session, 1, "a", "b", "c");
  assert.equal(host.filled, 0, "offline nobody can be waited for");
  assert.equal(session.filling, true);
  attach(session, new FakeOutlet(), 1);
  assert.equal(session.filling, false);
  deliver(session, 1, "d");
  assert.equal(host.filled, 1);
});

test("session: the end takes everything out, in order, and the counters with it", () => {
  const host = new FakeHost();
  const session = sessionOf(host);
  attach(session, new FakeOutlet(), 2);
  deliver(session, 1, "a", "b", "c", "d");
  done(session, 1);
  const rest = session.drain();
  assert.deepEqual(rest.map((d) => d.packetId), [2, 3, 0]);
  assert.deepEqual(counts(session, host), [0, 0]);
  assert.equal(session.waiting?.bytes ?? 0, 0);
  assert.deepEqual(session.drain(), []);
});

test("session: what may be needed again is copied, what can't be is not", () => {
  for (const [expiry, keepAll, kept] of [[60, false, true], [0, false, false], [0, true, true]] as const) {
    const host = new FakeHost();
    host.keepAll = keepAll;
    const session = sessionOf(host, expiry);
    const bytes = new TextEncoder().encode("text");
    const message = messageOf("text", Infinity, false);
    message.bytes = bytes;
    attach(session, new FakeOutlet());
    session.deliver(message, 1, Retain.NO, null, null);
    bytes.fill(0x58);
    assert.equal(new TextDecoder().decode(message.view), kept ? "text" : "XXXX");
  }
});

test("session: what waits is copied in any case", () => {
  const session = sessionOf(new FakeHost(), 0);
  attach(session, new FakeOutlet(), 1);
  deliver(session, 1, "first");
  const message = messageOf("text", Infinity, false);
  const { bytes } = message;
  session.deliver(message, 1, Retain.NO, null, null);
  bytes.fill(0x58);
  assert.equal(new TextDecoder().decode(message.view), "text");
});

test("session: what is too large and of a group is the caller's; from the queue it is offered to the others once", () => {
  const host = new FakeHost();
  const offered: string[] = [];
  let taken = true;
  const passing = Object.assign(host, {
    passOn: (_session: Session, { message }: { message: Message }): boolean => {
      offered.push(textOf(message));
      return taken;
    },
  });
  const session = sessionOf(passing);
  const group = new SharedGroup("g", "t");
  const outlet = attach(session, new FakeOutlet());
  outlet.largest = 3;
  assert.equal(session.deliver(messageOf("large"), 1, Retain.NO, null, group), false);
  assert.equal(session.deliver(messageOf("larger"), 1, Retain.NO, null, null), true);
  assert.deepEqual(host.drops.splice(0), [{ text: "larger", why: "tooLarge" }]);
  outlet.congested = true;
  for (const text of ["large", "a", "longer"]) {
    assert.equal(session.deliver(messageOf(text), 2, Retain.NO, null, group), true);
  }
  outlet.congested = false;
  taken = true;
  session.pump();
  assert.deepEqual([offered, outlet.take(), host.drops], [["large", "longer"], ["a"], []]);
  outlet.congested = true;
  taken = false;
  session.deliver(messageOf("large"), 1, Retain.NO, null, group);
  outlet.congested = false;
  session.pump();
  assert.deepEqual(host.drops, [{ text: "large", why: "tooLarge" }]);
  assert.deepEqual(counts(session, host), [1, 0]);
});
