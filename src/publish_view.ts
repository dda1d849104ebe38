/** A PUBLISH as hooks see it. */

import { NO_PROPERTIES, type Properties } from "./packets/properties.ts";
import type { Packet, PublishPacket, QoS } from "./packets/types.ts";

/** What of a publish may be changed by a hook. */
export type PublishChanges = Partial<Pick<PublishPacket, "topic" | "payload" | "retain" | "properties">>;

/**
 * A PUBLISH as hooks see it. Its payload is made into an array when somebody looks at it for the first time, and
 * stays valid for ever; a copy made with `...` therefore has no payload: use `with` or `toPacket`.
 */
export class PublishView implements PublishPacket {
  /** Discriminates. */
  readonly type = 3;
  /** It was sent before. */
  readonly dup: boolean;
  /** Quality of service. */
  readonly qos: QoS;
  /** From a client: keep it. To a client: it was kept. */
  readonly retain: boolean;
  /** Never an alias but in `onPacketRead`. */
  readonly topic: string;
  /** 0 with QoS 0. */
  readonly packetId: number;
  /** Empty in 3.x. */
  readonly properties: Properties;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  #payload: Uint8Array | null = null;

  /** The payload is `bytes[start..end)`, in memory that stays as it is. */
  constructor(
    topic: string,
    bytes: Uint8Array,
    start: number,
    end: number,
    qos: QoS = 0,
    retain: boolean = false,
    dup: boolean = false,
    packetId: number = 0,
    properties: Properties = NO_PROPERTIES,
  ) {
    this.topic = topic;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.qos = qos;
    this.retain = retain;
    this.dup = dup;
    this.packetId = packetId;
    this.properties = properties;
  }

  /** The same as an object that hooks can look at. */
  static of(packet: PublishPacket): PublishView {
    if (packet instanceof PublishView) return packet;
    const { topic, payload, qos, retain, dup, packetId, properties } = packet;
    return new PublishView(topic, payload, 0, payload.length, qos, retain, dup, packetId, properties);
  }

  /** The message; not to be changed in place. */
  get payload(): Uint8Array {
    return this.#payload ??= this.#start === 0 && this.#end === this.#bytes.length
      ? this.#bytes
      : this.#bytes.subarray(this.#start, this.#end);
  }

  /** Bytes of the payload. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** The same packet with something else in it; what is left out, or undefined, stays. */
  with(changes: PublishChanges): PublishView {
    const {
      topic = this.topic,
      retain = this.retain,
      properties = this.properties,
      payload,
    } = changes;
    const bytes = payload ?? this.#bytes;
    const start = payload === undefined ? this.#start : 0;
    const end = payload === undefined ? this.#end : payload.length;
    return new PublishView(
      topic,
      bytes,
      start,
      end,
      this.qos,
      retain,
      this.dup,
      this.packetId,
      properties,
    );
  }

  /** As a plain object. */
  toPacket(): PublishPacket {
    const { type, dup, qos, retain, topic, packetId, payload, properties } = this;
    return { type, dup, qos, retain, topic, packetId, payload, properties };
  }

  /** As `JSON.stringify` shows it. */
  toJSON(): PublishPacket {
    return this.toPacket();
  }
}

/** Any packet as hooks see it: a PUBLISH as `PublishView`. */
export type PacketView = Exclude<Packet, PublishPacket> | PublishView;

/** Any packet as hooks see it. */
export function viewOf(packet: Packet): PacketView {
  return packet.type === 3 ? PublishView.of(packet) : packet;
}
