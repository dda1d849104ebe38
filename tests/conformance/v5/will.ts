/** A will for CONNECT. */

import { NO_PROPERTIES, type Properties } from "../../../src/packets/properties.ts";
import type { Will } from "../../../src/packets/types.ts";

/** QoS 0, not retained, unless told otherwise. */
export function will(
  topic: string,
  text: string,
  properties: Properties = NO_PROPERTIES,
  options: Partial<Will> = {},
): Will {
  return { topic, payload: new TextEncoder().encode(text), qos: 0, retain: false, properties, ...options };
}
