/** An application message on its way through the broker, independent of who gets it and how. */

import type { Properties } from "../packets/properties.ts";
import { NO_PROPERTIES } from "../packets/properties.ts";
import type { QoS } from "../packets/types.ts";

export const NEVER: number = Infinity;

export class Message {
  readonly topic: string;
  /** The topic's UTF-8 bytes, one character each. */
  readonly rawTopic: string;
  payload: Uint8Array;
  readonly qos: QoS;
  /** As published. */
  readonly retain: boolean;
  /** Those that travel on to subscribers; expiry, alias and subscription identifiers are not among them. */
  readonly properties: Properties;
  /** Milliseconds since 1970, or `NEVER`. */
  readonly expiresAt: number;
  /** Client id, for no-local. */
  readonly publisher: string;
  /** False while the payload is a view of bytes that are about to be overwritten. */
  #owned: boolean;
  /** `properties`, encoded without the length before them; made when first needed. */
  encodedProperties: Uint8Array | null = null;

  constructor(
    topic: string,
    rawTopic: string,
    payload: Uint8Array,
    qos: QoS,
    retain: boolean,
    publisher: string,
    owned: boolean,
    properties: Properties = NO_PROPERTIES,
    expiresAt: number = NEVER,
  ) {
    this.topic = topic;
    this.rawTopic = rawTopic;
    this.payload = payload;
    this.qos = qos;
    this.retain = retain;
    this.publisher = publisher;
    this.#owned = owned;
    this.properties = properties;
    this.expiresAt = expiresAt;
  }

  /** Called by whoever holds on to the message beyond the call that brought it. */
  keep(): void {
    if (this.#owned) return;
    this.payload = this.payload.slice();
    this.#owned = true;
  }

  /** Roughly the memory it costs. */
  get size(): number {
    return this.payload.length + this.rawTopic.length + 160;
  }
}

/** A topic string as one character per UTF-8 byte. */
export function rawTopicOf(topic: string): string {
  for (let i = 0; i < topic.length; i++) {
    if (topic.charCodeAt(i) > 127) {
      let raw = "";
      for (const b of new TextEncoder().encode(topic)) raw += String.fromCharCode(b);
      return raw;
    }
  }
  return topic;
}
