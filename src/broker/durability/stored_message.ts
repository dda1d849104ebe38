/** A message as it was kept. */

import { Message, rawTopicOf } from "../../session/message.ts";
import type { StoredMessage } from "../../storage/stored.ts";

/**
 * `ahead`: of how the broker counts time, what was kept by the machine's clock, and not with the rest of the times, is.
 * Throws a TypeError when it is no message.
 */
export function messageOf(stored: StoredMessage, ahead: number = 0): Message {
  if (stored instanceof Message) return stored;
  const { topic, payload } = stored;
  if (typeof topic !== "string" || !(payload instanceof Uint8Array)) {
    throw new TypeError("a message has no topic or no payload");
  }
  return new Message(
    topic,
    rawTopicOf(topic),
    payload,
    0,
    payload.length,
    stored.qos,
    stored.retain,
    stored.publisher,
    true,
    stored.properties,
    ahead === 0 ? stored.expiresAt : stored.expiresAt - ahead,
  );
}
