/** Options of a server: what is left out, and what cannot be. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { defaultCapabilities, defaultLimits, resolveOptions } from "../../src/core/options.ts";
import { TestBroker } from "../harness/mod.ts";

/** The server sets them where the client allows it. */

test("options: defaults are the same for every server, whatever one of them was told", async () => {
  await using first = new TestBroker({ capabilities: { maximumQos: 0 }, limits: { retained: 0 } });
  await using second = new TestBroker();
  assert.equal(first.broker.capabilities.maximumQos, 0);
  assert.deepEqual([second.broker.capabilities.maximumQos, second.broker.limits.retained], [2, 10_000_000]);
  assert.ok(Object.isFrozen(defaultCapabilities) && Object.isFrozen(defaultLimits));
});

test("options: a limit that cannot be is refused by name, with what is accepted", () => {
  assert.throws(
    () => resolveOptions({ limits: { packetSize: 0 } }),
    {
      name: "RangeError",
      message: "Cannot use limits.packetSize 0: expected a whole number from 64 to 268435460",
    },
  );
  assert.throws(() => resolveOptions({ limits: { queuedBytes: 1.5 } }), /limits\.queuedBytes 1\.5/);
  assert.throws(
    () => resolveOptions({ capabilities: { receiveMaximum: 0 } }),
    /capabilities\.receiveMaximum 0/,
  );
});
