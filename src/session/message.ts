/** An application message on its way through the broker, independent of who gets it and how. */

import { copyBytes } from "../packets/copy.ts";
import { NO_PROPERTIES, type Properties } from "../packets/properties.ts";
import { propertySize } from "../packets/property_size.ts";
import type { QoS } from "../packets/types.ts";

export const NEVER: number = Infinity;

export class Message {
  readonly topic: string;
  /** The topic's UTF-8 bytes, one character each. */
  readonly rawTopic: string;
  /** The payload is `bytes[start..end)`. */
  bytes: Uint8Array;
  start: number;
  end: number;
  readonly qos: QoS;
  /** As published. */
  readonly retain: boolean;
  /** Those that travel on to subscribers; expiry, alias and subscription identifiers are not among them. */
  readonly properties: Properties;
  /** As the broker counts time, in milliseconds, or `NEVER`. */
  readonly expiresAt: number;
  /** Client id, for no-local. */
  readonly publisher: string;
  /** False while the payload is a view of bytes that are about to be overwritten. */
  #owned: boolean;
  #alone = false;
  #propertySize = 0;
  /** What it was before a hook changed it for one subscriber; null: it is as it was published. */
  original: Message | null = null;
  /** `properties`, encoded without the length before them; made when first needed. */
  encodedProperties: Uint8Array | null = null;

  constructor(
    topic: string,
    rawTopic: string,
    bytes: Uint8Array,
    start: number,
    end: number,
    qos: QoS,
    retain: boolean,
    publisher: string,
    owned: boolean,
    properties: Properties = NO_PROPERTIES,
    expiresAt: number = NEVER,
  ) {
    this.topic = topic;
    this.rawTopic = rawTopic;
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.qos = qos;
    this.retain = retain;
    this.publisher = publisher;
    this.#owned = owned;
    this.properties = properties;
    this.expiresAt = expiresAt;
    if (properties !== NO_PROPERTIES) this.#propertySize = propertySize(properties);
  }

  /** Called by whoever holds on to the message beyond the call that brought it, and not for years. */
  keep(): void {
    this.own();
  }

  /** The same for years: it shares its memory with nothing that is gone by then. */
  keepLong(): void {
    if (this.#alone) return;
    const copy = new Uint8Array(this.end - this.start);
    copy.set(this.bytes.subarray(this.start, this.end));
    this.bytes = copy;
    this.start = 0;
    this.end = copy.length;
    this.#owned = true;
    this.#alone = true;
  }

  get payloadLength(): number {
    return this.end - this.start;
  }

  /** For whoever may keep it: in memory that stays as it is. */
  get payload(): Uint8Array {
    this.own();
    return this.view;
  }

  /** From here on `bytes` is memory that stays as it is, perhaps shared with others for the time being. */
  own(): void {
    if (this.#owned) return;
    this.bytes = copyBytes(this.bytes, this.start, this.end - this.start);
    this.start = 0;
    this.end = this.bytes.length;
    this.#owned = true;
  }

  /** Perhaps of memory that is about to be overwritten. */
  get view(): Uint8Array {
    if (this.start === 0 && this.end === this.bytes.length) return this.bytes;
    return this.bytes.subarray(this.start, this.end);
  }

  /** Roughly the memory it costs. */
  get size(): number {
    return this.end - this.start + this.rawTopic.length + 160 + this.#propertySize;
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
