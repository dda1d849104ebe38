/** From publisher to subscriber, in every version and QoS. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { levels, TestBroker } from "../../../harness/mod.ts";

for (const from of [3, 4, 5] as const) {
  for (const to of [3, 4, 5] as const) {
    for (const qos of levels) {
      for (const granted of levels) {
        test(`publish: QoS ${qos} from version ${from} to QoS ${granted} of version ${to}`, async () => {
          await using t = new TestBroker();
          const subscriber = await t.connected(to);
          const publisher = await t.connected(from);
          assert.deepEqual((await subscriber.subscribe("a/+/c", granted)).reasonCodes, [granted]);
          await publisher.published("a/b/c", "one", { qos });
          await publisher.published("a/b/c", "two", { qos });
          for (const text of ["one", "two"]) {
            const message = await subscriber.message();
            assert.equal(message.topic, "a/b/c");
            assert.equal(message.text, text);
            assert.equal(message.qos, Math.min(qos, granted));
            assert.equal(message.retain, false);
            assert.equal(message.dup, false);
          }
          await subscriber.silent();
          assert.equal(t.broker.stats.inflight, 0);
        });
      }
    }
  }
}
