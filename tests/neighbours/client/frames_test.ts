import assert from "node:assert/strict";
import { test } from "node:test";
import { publishPacket } from "../../harness/client.ts";
import { Frames, packetIdOf, payloadOf } from "./frames.ts";
import { bytesOf } from "./packets.ts";

test("neighbours: packets are found however the bytes are cut", () => {
  for (const version of [4, 5] as const) {
    const properties = version === 5 ? { topicAlias: 7 } : {};
    const packets = ["", "x", "y".repeat(300)].map((payload, i) =>
      publishPacket("a/b", payload, { qos: 1, packetId: i + 1, properties })
    );
    const bytes = bytesOf(version, ...packets);
    for (const size of [1, 2, 7, 100, bytes.length]) {
      const found: [number, string][] = [];
      const frames = new Frames((first, bytes, start, end) =>
        found.push([
          packetIdOf(bytes, start),
          new TextDecoder().decode(bytes.subarray(payloadOf(version, first, bytes, start), end)),
        ])
      );
      for (let at = 0; at < bytes.length; at += size) frames.feed(bytes.subarray(at, at + size));
      assert.deepEqual(found, [[1, ""], [2, "x"], [3, "y".repeat(300)]]);
    }
  }
});
