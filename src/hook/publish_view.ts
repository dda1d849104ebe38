/** A PUBLISH as hooks see it. */

import type { Properties } from "../packets/properties.ts";
import type { Packet, PublishPacket, QoS } from "../packets/types.ts";

/** What of a publish may be changed by a hook. */
export type PublishChanges = Partial<Pick<PublishPacket, "topic" | "payload" | "retain" | "properties">>;

const QOS = 3;
const RETAIN = 4;
const DUP = 8;
/** Bits below the packet id. */
const SHIFT = 4;

/** What stands in a publish beside topic, payload and properties, in one number. */
export function publishFlags(qos: QoS, retain: boolean, dup: boolean, packetId: number): number {
  return qos | (retain ? RETAIN : 0) | (dup ? DUP : 0) | (packetId << SHIFT);
}

/**
 * A PUBLISH as hooks see it; the server makes them. It is small, because there is one for every message: what it
 * says is computed when somebody asks, and its payload becomes an array when somebody looks at it for the first
 * time, to stay valid for ever. A copy made with `...` therefore lacks nearly everything: use `with` for a changed
 * one, `toPacket` for a plain object.
 */
export class PublishView implements PublishPacket {
  /** Never an alias, but in `onPacketRead` as the client sent it: there it may be empty. */
  readonly topic: string;
  #bytes: Uint8Array;
  #start: number;
  #end: number;
  readonly #flags: number;
  readonly #properties: Properties;

  /** The payload is `bytes[start..end)`, in memory that stays as it is; for `flags` see `publishFlags`. */
  constructor(
    topic: string,
    bytes: Uint8Array,
    start: number,
    end: number,
    flags: number,
    properties: Properties,
  ) {
    this.topic = topic;
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#flags = flags;
    this.#properties = properties;
  }

  /** The same as an object that hooks can look at. */
  static of(packet: PublishPacket): PublishView {
    if (packet instanceof PublishView) return packet;
    const { topic, payload, qos, retain, dup, packetId, properties } = packet;
    const flags = publishFlags(qos, retain, dup, packetId);
    return new PublishView(topic, payload, 0, payload.length, flags, properties);
  }

  /** Discriminates. */
  get type(): 3 {
    return 3;
  }

  /** Quality of service. */
  get qos(): QoS {
    return (this.#flags & QOS) as QoS;
  }

  /** From a client: keep it. To a client: it was kept. */
  get retain(): boolean {
    return (this.#flags & RETAIN) !== 0;
  }

  /** It was sent before. */
  get dup(): boolean {
    return (this.#flags & DUP) !== 0;
  }

  /** 0 with QoS 0. */
  get packetId(): number {
    return this.#flags >>> SHIFT;
  }

  /** Empty in 3.x. */
  get properties(): Properties {
    return this.#properties;
  }

  /** The message; not to be changed in place. */
  get payload(): Uint8Array {
    if (this.#end - this.#start !== this.#bytes.length) {
      this.#bytes = this.#bytes.subarray(this.#start, this.#end);
      this.#start = 0;
      this.#end = this.#bytes.length;
    }
    return this.#bytes;
  }

  /** Bytes of the payload. */
  get length(): number {
    return this.#end - this.#start;
  }

  /** The same packet with something else in it; what is left out, or undefined, stays. */
  with(changes: PublishChanges): PublishView {
    const { topic = this.topic, retain = this.retain, properties = this.properties, payload } = changes;
    const bytes = payload ?? this.#bytes;
    const start = payload === undefined ? this.#start : 0;
    const end = payload === undefined ? this.#end : payload.length;
    const flags = publishFlags(this.qos, retain, this.dup, this.packetId);
    return new PublishView(topic, bytes, start, end, flags, properties);
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
