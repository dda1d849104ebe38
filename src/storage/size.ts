/** What messages count as in the bounds of queues. */

import { NO_PROPERTIES } from "../packets/properties.ts";
import { propertySize } from "../packets/property_size.ts";
import { utf8Length } from "../packets/wire.ts";
import type { StoredMessage } from "./stored.ts";

/** What a message counts as, in bytes: in the limits of queues, and in `StorageLoader.waiting`. */
export function sizeOf(message: StoredMessage): number {
  const { topic, payload, properties } = message;
  return payload.length + utf8Length(topic) + 160 +
    (properties === NO_PROPERTIES ? 0 : propertySize(properties));
}
