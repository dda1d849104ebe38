/** A message as it was kept. */

import { Message, rawTopicOf } from "../session/message.ts";
import type { StoredMessage } from "../stored.ts";

/** Throws a TypeError when it is none. */
export function messageOf(stored: StoredMessage): Message {
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
    stored.expiresAt,
  );
}
