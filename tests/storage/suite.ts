/** What every storage has to do, run against each of them. A driver of your own: call `storageSuite` with a factory. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { messageOf } from "../../src/broker/durability/stored_message.ts";
import type { Storage } from "../../src/storage/storage.ts";
import { sizeOf } from "../../src/storage/size.ts";
import type { StoredMessage } from "../../src/storage/stored.ts";
import { delivery, EVERY_PROPERTY, message, session, subscription } from "./samples.ts";
import { loaded } from "./snapshot.ts";

/** Makes storages for one test. */
export interface StorageBench extends AsyncDisposable {
  /** An empty one, open and loaded. */
  open(): Promise<Storage>;
  /**
   * Another one on the same data, open and not loaded: after a proper end, or as after the process has died with
   * what was told and not committed. Null: nothing is kept, and nothing can be opened again.
   */
  reopen: ((storage: Storage, how: "closed" | "died") => Promise<Storage>) | null;
}

/**
 * `make` gives a bench for each test; `keeps`: what is told survives, as `reopen` shows; `needed`: `{ skip: "why" }` where
 * there is nothing to test it with.
 */
export function storageSuite(
  name: string,
  keeps: boolean,
  make: () => Promise<StorageBench>,
  needed: { readonly skip?: string } = {},
): void {
  function check(what: string, run: (bench: StorageBench, storage: Storage) => Promise<void>): void {
    test(`storage, ${name}: ${what}`, needed, async () => {
      await using bench = await make();
      await run(bench, await bench.open());
    });
  }

  check("the queue is read in order, a window at a time", async (_, storage) => {
    storage.putSession(session("one"));
    storage.putSession(session("other"));
    for (let i = 1; i <= 10; i++) storage.putDelivery("one", delivery(i));
    storage.putDelivery("other", delivery(1));
    storage.sentDelivery("one", 1, 7);
    storage.deleteDelivery("one", 3);
    const sequences = async (after: number, limit: number): Promise<number[]> =>
      (await storage.waiting("one", after, limit)).map((record) => record.sequence);
    for (const round of ["told", "committed", "rested"]) {
      if (round === "committed") await storage.commit();
      if (round === "rested") { while (storage.idle?.() === true); }
      assert.deepEqual(await sequences(0, 3), [2, 4, 5], round);
      assert.deepEqual(await sequences(5, 3), [6, 7, 8], round);
      assert.deepEqual(await sequences(8, 3), [9, 10], round);
      assert.deepEqual(await sequences(10, 3), [], round);
    }
    assert.deepEqual(await storage.waiting("nobody", 0, 3), []);
  });

  check("what waits comes with everything it was put with", async (_, storage) => {
    const record = delivery(5, {
      qos: 2,
      retain: true,
      asPublished: true,
      identifiers: [1, 2],
      group: "$share/g/a/+",
      message: message({ properties: EVERY_PROPERTY, expiresAt: 1_800_000_000_000, qos: 2, retain: true }),
    });
    storage.putSession(session("one"));
    storage.putDelivery("one", record);
    await storage.commit();
    assert.deepEqual(await storage.waiting("one", 0, 10), [record]);
  });

  check("a delivery that the caller changes afterwards stays as it was told", async (_, storage) => {
    const record = { ...delivery(1) };
    storage.putSession(session("one"));
    storage.putDelivery("one", record);
    record.packetId = 9;
    assert.deepEqual((await storage.waiting("one", 0, 10)).map((one) => one.packetId), [0]);
  });

  check("a message of the server, whose payload is an accessor, comes as it is", async (bench, first) => {
    const one = message({ topic: "q", properties: EVERY_PROPERTY, payload: new Uint8Array([1, 0, 255]) });
    const kept = message({ topic: "r", retain: true, payload: new Uint8Array([2]) });
    const plain = ({ topic, payload, qos, retain, properties, publisher, expiresAt }: StoredMessage) => (
      { topic, payload, qos, retain, properties, publisher, expiresAt }
    );
    first.putSession(session("one"));
    first.putDelivery("one", delivery(1, { message: messageOf(one) }));
    first.putRetained(messageOf(kept));
    await first.commit();
    let storage = first;
    if (keeps) {
      storage = await bench.reopen!(first, "died");
      const found = await loaded(storage);
      assert.deepEqual([...found.retainedMessages.values()].map(plain), [kept]);
    }
    assert.deepEqual((await storage.waiting("one", 0, 2)).map((record) => plain(record.message)), [one]);
  });

  check("telling twice, or of what is not there, does nothing", async (_, storage) => {
    storage.putSession(session("one"));
    storage.putSession(session("one"));
    storage.putDelivery("one", delivery(1));
    storage.putDelivery("one", delivery(1));
    storage.putDelivery("nobody", delivery(1));
    storage.sentDelivery("one", 5, 1);
    storage.sentDelivery("nobody", 1, 1);
    storage.releasedDelivery("one", 5);
    storage.releasedDelivery("nobody", 1);
    storage.deleteDelivery("one", 5);
    storage.deleteDelivery("nobody", 1);
    storage.putSubscription("nobody", subscription("a"));
    storage.deleteSubscription("one", "a");
    storage.deleteSubscription("nobody", "a");
    storage.putReceived("nobody", 1);
    storage.deleteReceived("one", 1);
    storage.deleteReceived("nobody", 1);
    storage.deleteSession("nobody");
    storage.deleteRetained("a");
    await storage.commit();
    assert.equal((await storage.waiting("one", 0, 10)).length, 1);
    assert.deepEqual(await storage.waiting("nobody", 0, 10), []);
  });

  check("a session that ends and begins anew has nothing of the old one", async (_, storage) => {
    storage.putSession(session("one"));
    storage.putDelivery("one", delivery(1));
    await storage.commit();
    storage.deleteSession("one");
    storage.putSession(session("one", { username: "new" }));
    storage.putDelivery("one", delivery(2));
    assert.deepEqual((await storage.waiting("one", 0, 10)).map((record) => record.sequence), [2]);
    await storage.commit();
    assert.deepEqual((await storage.waiting("one", 0, 10)).map((record) => record.sequence), [2]);
  });

  check("nothing is to be committed after a commit", async (_, storage) => {
    await storage.commit();
    assert.equal(storage.dirty, false);
    storage.putSession(session("one"));
    await storage.commit();
    assert.equal(storage.dirty, false);
    assert.equal(storage.failing, null);
    assert.equal(storage.quarantined, null);
    assert.ok(storage.promise.length > 0);
  });

  // What follows needs a storage that keeps what it is told.
  if (!keeps) return;

  for (const how of ["closed", "died"] as const) {
    check(
      `every number of the counters comes back, also below 0 and of a name nobody knows, ${how}`,
      async (bench, first) => {
        // A clock that stood in 1970, with messages of that time.
        const told = {
          at: 301_000,
          clockOffset: 1_786_000_000_000,
          bootId: Number.MAX_SAFE_INTEGER,
          bootedAt: -299_000,
          bytesSent: 0,
          some: 1,
        };
        first.putRetained(message({ topic: "early", retain: true, expiresAt: 3_901_000 }));
        first.putCounters({ ...told, clockOffset: 0 });
        await first.commit();
        first.putCounters(told);
        await first.commit();
        let storage = await bench.reopen!(first, how);
        let found = await loaded(storage);
        assert.deepEqual({ ...found.sysInfo }, told);
        assert.equal(found.retainedMessages.get("early")!.expiresAt, 3_901_000);
        const back = { ...told, clockOffset: -told.clockOffset };
        storage.putCounters(back);
        await storage.commit();
        while (storage.idle?.() === true);
        storage = await bench.reopen!(storage, how);
        found = await loaded(storage);
        assert.deepEqual({ ...found.sysInfo }, back);
      },
    );

    check(`every record comes back with everything in it, ${how}`, async (bench, storage) => {
      const shared = message({ topic: "shared/π", properties: EVERY_PROPERTY, expiresAt: 1_900_000_000_001 });
      const will = {
        topic: "gone",
        payload: new Uint8Array([1, 0, 2]),
        qos: 2,
        retain: true,
        properties: EVERY_PROPERTY,
      } as const;
      const full = session("full", {
        username: "Änna",
        remoteAddress: "[::1]:1",
        listener: "ws",
        version: 3,
        sessionExpiryInterval: 4_294_967_295,
        disconnectedAt: 1_700_000_000_123,
        will: { will, at: 1_700_000_060_000 },
      });
      storage.putSession(full);
      storage.putSession(session("bare", {
        will: { will: { ...will, payload: new Uint8Array(0), qos: 0, retain: false, properties: {} }, at: 1 },
      }));
      storage.putSession(session("none"));
      for (const qos of [0, 1, 2] as const) {
        for (const retainHandling of [0, 1, 2] as const) {
          storage.putSubscription(
            "full",
            subscription(`q${qos}/h${retainHandling}/+/#`, {
              qos,
              retainHandling,
              noLocal: qos === 1,
              retainAsPublished: qos === 2,
              identifier: 268_435_455,
            }),
          );
        }
      }
      storage.putSubscription("bare", subscription("$share/group/a/#"));
      storage.putDelivery("full", delivery(1, { qos: 2, packetId: 65_535, released: true, message: shared }));
      storage.putDelivery("full", delivery(2, { qos: 1, packetId: 1, identifiers: [3, 268_435_455] }));
      const published = { retain: true, asPublished: true };
      storage.putDelivery("full", delivery(3, published));
      storage.putDelivery("full", delivery(4, { ...published, message: shared }));
      storage.putDelivery(
        "full",
        delivery(9_007_199_254_740_991, { group: "$share/g/x", retain: true, message: shared }),
      );
      storage.putDelivery("bare", delivery(7, { message: shared }));
      storage.putDelivery("bare", delivery(8, { message: message({ payload: new Uint8Array(0), qos: 2 }) }));
      storage.putDelivery(
        "bare",
        delivery(9, { message: message({ payload: new Uint8Array(300_000).fill(7) }) }),
      );
      storage.putReceived("full", 1);
      storage.putReceived("full", 65_535);
      storage.putReceived("bare", 1);
      storage.putRetained(message({ topic: "r/1", retain: true, properties: EVERY_PROPERTY, expiresAt: 5 }));
      storage.putRetained(message({ topic: "r/2", retain: true, qos: 0, payload: new Uint8Array([255]) }));
      storage.putRetained(shared);
      storage.putCounters({ bytesReceived: 2 ** 52, messagesSent: 0, clientsMaximum: 3 });
      await storage.commit();

      const found = await loaded(await bench.reopen!(storage, how));
      assert.deepEqual(found.sessions.get("full")!.record, full);
      assert.deepEqual([...found.sessions.keys()].sort(), ["bare", "full", "none"]);
      assert.equal(found.sessions.get("bare")!.record.will!.will.payload.length, 0);
      assert.equal(found.sessions.get("full")!.subscriptions.size, 9);
      assert.deepEqual(
        found.sessions.get("full")!.subscriptions.get("q1/h2/+/#"),
        subscription("q1/h2/+/#", { qos: 1, retainHandling: 2, noLocal: true, identifier: 268_435_455 }),
      );
      const { deliveries } = found.sessions.get("full")!;
      assert.deepEqual(
        deliveries.get(1),
        delivery(1, { qos: 2, packetId: 65_535, released: true, message: shared }),
      );
      assert.deepEqual(
        deliveries.get(2),
        delivery(2, { qos: 1, packetId: 1, identifiers: [3, 268_435_455] }),
      );
      assert.deepEqual(deliveries.get(3), delivery(3, published));
      assert.deepEqual(deliveries.get(4), delivery(4, { ...published, message: shared }));
      assert.deepEqual(
        deliveries.get(9_007_199_254_740_991),
        delivery(9_007_199_254_740_991, { group: "$share/g/x", retain: true, message: shared }),
      );
      assert.equal(deliveries.get(1)!.message, found.sessions.get("bare")!.deliveries.get(7)!.message);
      assert.deepEqual(
        found.sessions.get("bare")!.deliveries.get(8)!.message,
        message({ payload: new Uint8Array(0), qos: 2 }),
      );
      assert.equal(found.sessions.get("bare")!.deliveries.get(9)!.message.payload.length, 300_000);
      assert.deepEqual([...found.sessions.get("full")!.received].sort(), [1, 65_535]);
      assert.deepEqual(
        found.retainedMessages.get("r/1"),
        message({ topic: "r/1", retain: true, properties: EVERY_PROPERTY, expiresAt: 5 }),
      );
      assert.deepEqual(found.retainedMessages.get("shared/π"), shared);
      assert.equal(found.retainedMessages.size, 3);
      assert.deepEqual(found.sysInfo, { bytesReceived: 2 ** 52, messagesSent: 0, clientsMaximum: 3 });
      assert.deepEqual(
        found.order.filter((one) => one.startsWith("full")),
        ["full:1", "full:2", "full:3", "full:4", "full:9007199254740991"],
      );
    });

    check(`each property comes back alone, ${how}`, async (bench, storage) => {
      for (const [name, value] of Object.entries(EVERY_PROPERTY)) {
        storage.putRetained(message({ topic: name, properties: { [name]: value } }));
      }
      await storage.commit();
      const found = await loaded(await bench.reopen!(storage, how));
      for (const [name, value] of Object.entries(EVERY_PROPERTY)) {
        assert.deepEqual(found.retainedMessages.get(name)?.properties, { [name]: value }, name);
      }
    });

    check(
      `what was changed and removed later comes back changed or not at all, ${how}`,
      async (bench, first) => {
        first.putSession(session("one"));
        first.putSession(session("two"));
        for (let i = 1; i <= 6; i++) first.putDelivery("one", delivery(i, { qos: 2 }));
        first.putDelivery("two", delivery(1));
        first.putSubscription("one", subscription("a"));
        first.putSubscription("one", subscription("b"));
        first.putReceived("one", 1);
        first.putReceived("one", 2);
        first.putRetained(message({ topic: "a" }));
        first.putRetained(message({ topic: "b" }));
        first.putCounters({ bytesSent: 1 });
        await first.commit();
        const storage = await bench.reopen!(first, how);
        await loaded(storage);
        storage.sentDelivery("one", 1, 11);
        storage.sentDelivery("one", 2, 12);
        storage.releasedDelivery("one", 2);
        storage.deleteDelivery("one", 3);
        storage.deleteSession("two");
        storage.putSession(session("one", { disconnectedAt: 5 }));
        storage.putSubscription("one", subscription("a", { qos: 2 }));
        storage.deleteSubscription("one", "b");
        storage.deleteReceived("one", 1);
        storage.putRetained(message({ topic: "a", payload: new Uint8Array([9]) }));
        storage.deleteRetained("b");
        storage.putCounters({ bytesSent: 2 });
        await storage.commit();
        assert.deepEqual((await storage.waiting("one", 0, 10)).map((record) => record.sequence), [4, 5, 6]);

        const found = await loaded(await bench.reopen!(storage, how));
        const { record, deliveries, subscriptions, received } = found.sessions.get("one")!;
        assert.deepEqual([...found.sessions.keys()], ["one"]);
        assert.equal(record.disconnectedAt, 5);
        assert.deepEqual([...deliveries.keys()], [1, 2, 4, 5, 6]);
        assert.deepEqual([deliveries.get(1)!.packetId, deliveries.get(1)!.released], [11, false]);
        assert.deepEqual([deliveries.get(2)!.packetId, deliveries.get(2)!.released], [12, true]);
        assert.deepEqual([...subscriptions.values()], [subscription("a", { qos: 2 })]);
        assert.deepEqual([...received], [2]);
        assert.deepEqual([...found.retainedMessages.values()], [
          message({ topic: "a", payload: new Uint8Array([9]) }),
        ]);
        assert.deepEqual(found.sysInfo, { bytesSent: 2 });
      },
    );

    check(`of a long queue a window is given, and what was sent, ${how}`, async (bench, storage) => {
      storage.putSession(session("long"));
      storage.putSession(session("short"));
      let bytes = 0;
      for (let i = 1; i <= 3000; i++) {
        const record = delivery(i);
        bytes += sizeOf(record.message);
        storage.putDelivery("long", record);
      }
      storage.putDelivery("short", delivery(1));
      storage.sentDelivery("long", 1, 1);
      storage.sentDelivery("long", 2000, 2);
      bytes -= 2 * sizeOf(delivery(1).message) + 3;
      await storage.commit();
      const again = await bench.reopen!(storage, how);
      const found = await loaded(again, 10);
      assert.deepEqual(
        [...found.sessions.get("long")!.deliveries.keys()],
        [1, ...Array.from({ length: 10 }, (_, i) => i + 2), 2000],
      );
      assert.deepEqual(found.sessions.get("long")!.waiting, { count: 2998, bytes, lastSequence: 3000 });
      assert.deepEqual([...found.sessions.get("short")!.deliveries.keys()], [1]);
      const rest = await again.waiting("long", 11, 5000);
      assert.equal(rest.length, 2998 - 10);
      assert.deepEqual([rest[0].sequence, rest.at(-1)!.sequence], [12, 3000]);
    });
  }

  check("what was told and not committed is gone when the process dies", async (bench, storage) => {
    storage.putSession(session("one"));
    storage.putRetained(message({ topic: "a" }));
    await storage.commit();
    storage.putRetained(message({ topic: "a", payload: new Uint8Array([2]) }));
    storage.deleteSession("one");
    storage.putSession(session("two"));
    const found = await loaded(await bench.reopen!(storage, "died"));
    assert.deepEqual([...found.sessions.keys()], ["one"]);
    assert.deepEqual([...found.retainedMessages.values()], [message({ topic: "a" })]);
  });

  check("what was told and not committed is kept by a proper end", async (bench, storage) => {
    storage.putSession(session("one"));
    const found = await loaded(await bench.reopen!(storage, "closed"));
    assert.deepEqual([...found.sessions.keys()], ["one"]);
  });
}
