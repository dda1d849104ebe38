/** Storage and queues count the same bytes: else what is given back is not what was taken. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { propertiesFromText, propertiesToText } from "../../hooks/storage/sqlite/tables/properties.ts";
import { NO_PROPERTIES, type Properties } from "../../src/packets/properties.ts";
import { Message, rawTopicOf } from "../../src/session/message.ts";
import { sizeOf } from "../../src/storage/size.ts";
import type { StoredMessage } from "../../src/storage/stored.ts";
import { EVERY_PROPERTY, message } from "./samples.ts";

const messages: readonly StoredMessage[] = [
  message(),
  message({ topic: "π/€/𝄞", payload: new Uint8Array(1000) }),
  message({ properties: EVERY_PROPERTY }),
  message({ properties: { payloadFormatIndicator: 1 } }),
  message({ properties: {} }),
  message({ properties: { contentType: undefined } as unknown as Properties }),
  message({ properties: { userProperties: [["a", "ä"], ["", ""]] } }),
];

test("storage: a message counts as much as in a queue", () => {
  for (const one of messages) {
    const queued = new Message(
      one.topic,
      rawTopicOf(one.topic),
      one.payload,
      0,
      one.payload.length,
      one.qos,
      one.retain,
      one.publisher,
      true,
      one.properties,
      one.expiresAt,
    );
    assert.equal(sizeOf(one), queued.size);
  }
});

test("storage: properties with nothing in them count nothing, as those that come back from it", () => {
  const nothing = [{}, { contentType: undefined, userProperties: undefined }] as unknown as Properties[];
  for (const properties of nothing) {
    assert.equal(sizeOf(message({ properties })), sizeOf(message({ properties: NO_PROPERTIES })));
    assert.equal(propertiesFromText(propertiesToText(properties)), NO_PROPERTIES);
  }
});
