/** What messages count as in the bounds of queues. */

import { NO_PROPERTIES } from "../packets/properties.ts";
import { utf8Length } from "../packets/wire.ts";
import type { StoredMessage } from "./stored.ts";

/** What a message counts as, in bytes: in the limits of queues, and in `StorageLoader.waiting`. */
export function sizeOf(message: StoredMessage): number {
  const { topic, payload, properties } = message;
  return payload.length + utf8Length(topic) + 160 +
    (properties === NO_PROPERTIES ? 0 : propertySize(properties));
}

function propertySize(properties: object): number {
  let size = 0;
  for (const value of Object.values(properties) as unknown[]) {
    if (size === 0) size = 100;
    if (typeof value === "string" || value instanceof Uint8Array) size += 2 * value.length;
    else if (Array.isArray(value)) {
      for (const pair of value as unknown[]) {
        size += 100;
        if (Array.isArray(pair)) { for (const text of pair as string[]) size += 2 * text.length; }
      }
    }
  }
  return size;
}
