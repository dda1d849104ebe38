/** What properties count as, wherever messages are counted. */

import type { Properties } from "./properties.ts";

/** Of the object itself, and of each pair in a list. */
const OBJECT_BYTES = 100;

/**
 * Roughly the memory that properties cost, in bytes: a stranger chooses how much that is. An object with nothing in it
 * costs nothing, as `NO_PROPERTIES`, which it is when it comes back from a storage.
 */
export function propertySize(properties: Properties): number {
  let size = 0;
  for (const value of Object.values(properties) as unknown[]) {
    if (value === undefined) continue;
    if (size === 0) size = OBJECT_BYTES;
    if (typeof value === "string" || value instanceof Uint8Array) size += 2 * value.length;
    else if (Array.isArray(value)) {
      for (const pair of value as unknown[]) {
        size += OBJECT_BYTES;
        if (Array.isArray(pair)) { for (const text of pair as string[]) size += 2 * text.length; }
      }
    }
  }
  return size;
}
