/** The bytes of packets, as many at once as one likes. */

import { encode } from "../../../src/packets/encode.ts";
import { NO_PROPERTIES, type Properties } from "../../../src/packets/properties.ts";
import type { Packet, PublishPacket, QoS, SubscribePacket, Will } from "../../../src/packets/types.ts";
import { Writer } from "../../../src/packets/wire.ts";
import { connectPacket, publishPacket } from "../../harness/client.ts";

export type Version = 4 | 5;

export interface ConnectOptions {
  readonly version?: Version;
  readonly clean?: boolean;
  /** Of the session, in seconds. */
  readonly expiry?: number;
  /** Seconds. */
  readonly keepAlive?: number;
  readonly will?: Will;
}

/** Packets one behind the other; they are encoded at once, and sent whenever one likes. */
export class Batch {
  readonly #writer: Writer = new Writer(4096);
  readonly #version: Version;
  /** Packets. */
  count = 0;

  constructor(version: Version) {
    this.#version = version;
  }

  get length(): number {
    return this.#writer.length;
  }

  add(...packets: readonly Packet[]): this {
    for (const packet of packets) encode(this.#writer, packet, this.#version);
    this.count += packets.length;
    return this;
  }

  publish(topic: string, payload: string | Uint8Array, options: Partial<PublishPacket> = {}): this {
    return this.add(publishPacket(topic, payload, options));
  }

  /** What was added since the last time. */
  take(): Uint8Array {
    const bytes = this.#writer.view().slice();
    this.#writer.reset();
    this.count = 0;
    return bytes;
  }
}

export function bytesOf(version: Version, ...packets: readonly Packet[]): Uint8Array {
  return new Batch(version).add(...packets).take();
}

export function connectBytes(clientId: string, options: ConnectOptions = {}): Uint8Array {
  const { version = 4, clean = true, expiry = 0, keepAlive = 120, will = null } = options;
  const properties: Properties = version === 5 && expiry > 0
    ? { sessionExpiryInterval: expiry }
    : NO_PROPERTIES;
  return bytesOf(
    version,
    connectPacket({ version, clientId, cleanStart: clean, keepAlive, will, properties }),
  );
}

export function subscribe(packetId: number, qos: QoS, ...filters: readonly string[]): SubscribePacket {
  const options = { qos, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
  return {
    type: 8,
    packetId,
    properties: NO_PROPERTIES,
    subscriptions: filters.map((filter) => ({ filter, ...options })),
  };
}

export function unsubscribe(packetId: number, ...filters: readonly string[]): Packet {
  return { type: 10, packetId, filters: [...filters], properties: NO_PROPERTIES };
}

export const PINGREQ: Uint8Array = Uint8Array.of(0xc0, 0);
export const DISCONNECT: Uint8Array = Uint8Array.of(0xe0, 0);
