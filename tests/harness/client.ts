/** A client that says exactly what a test wants said, over a stream in memory. */

import assert from "node:assert/strict";
import { decode } from "../../src/packets/decode.ts";
import { encode } from "../../src/packets/encode.ts";
import { remainingLength, varintLength } from "../../src/packets/fixed_header.ts";
import { NO_PROPERTIES, type Properties } from "../../src/packets/properties.ts";
import { Malformed } from "../../src/packets/reason.ts";
import type {
  ConnackPacket,
  ConnectPacket,
  Packet,
  ProtocolVersion,
  PublishPacket,
  QoS,
  SubackPacket,
  SubscribeOptions,
} from "../../src/packets/types.ts";
import { Writer } from "../../src/packets/wire.ts";
import type { MemoryClient } from "../../src/runtime/memory_stream.ts";
import { settle, within } from "./time.ts";

/** The packet of a type number. */
export type PacketOf<T extends Packet["type"], P = Packet> = P extends { type: infer U }
  ? T extends U ? P : never
  : never;

export class TestClient {
  version: ProtocolVersion;
  readonly #stream: MemoryClient;
  readonly #packets: Packet[] = [];
  #rest: Uint8Array = new Uint8Array(0);
  #wake: () => void = () => {};
  #nextId = 1;
  /** The broker closed the connection, or we did. */
  closed = false;
  /** All bytes received. */
  bytesReceived = 0;
  /** Is given the bytes as they come, before they are packets. */
  tap: (bytes: Uint8Array) => void = () => {};

  constructor(stream: MemoryClient, version: ProtocolVersion) {
    this.#stream = stream;
    this.version = version;
    stream.received = (bytes): void => this.#take(bytes);
    stream.ended = (): void => {
      this.closed = true;
      this.#wake();
    };
  }

  #take(bytes: Uint8Array): void {
    this.bytesReceived += bytes.length;
    this.tap(bytes);
    const all = new Uint8Array(this.#rest.length + bytes.length);
    all.set(this.#rest);
    all.set(bytes, this.#rest.length);
    let at = 0;
    while (at < all.length) {
      const rest = remainingLength(all, at + 1, all.length);
      if (rest < 0) break;
      const body = at + 1 + varintLength(rest);
      if (body + rest > all.length) break;
      const packet = decode(all[at]!, all, body, body + rest, {
        version: this.version,
        maxUserProperties: 65_535,
      });
      if (packet instanceof Malformed) {
        throw new Error(`The broker sent a malformed packet: ${packet.detail}`);
      }
      this.#packets.push(packet);
      at = body + rest;
    }
    this.#rest = all.slice(at);
    this.#wake();
  }

  // --- sending ---

  sendBytes(bytes: Uint8Array | readonly number[]): void {
    this.#stream.send(bytes instanceof Uint8Array ? bytes : new Uint8Array(bytes));
  }

  send(packet: Packet): void {
    this.sendBytes(encoded(packet, this.version));
  }

  /** CONNECT with sensible values; waits for CONNACK and returns it, whatever it says. */
  async connect(options: Partial<ConnectPacket> = {}): Promise<ConnackPacket> {
    this.send(connectPacket({ version: this.version, ...options }));
    return await this.expect(2);
  }

  /** SUBSCRIBE to one filter; waits for SUBACK. */
  async subscribe(
    filter: string,
    qos: QoS = 0,
    options: Partial<SubscribeOptions> = {},
    properties: Properties = NO_PROPERTIES,
  ): Promise<SubackPacket> {
    this.send({
      type: 8,
      packetId: this.id(),
      properties,
      subscriptions: [{
        filter,
        qos,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0,
        ...options,
      }],
    });
    return await this.expect(9);
  }

  async unsubscribe(...filters: string[]): Promise<PacketOf<11>> {
    this.send({ type: 10, packetId: this.id(), filters, properties: NO_PROPERTIES });
    return await this.expect(11);
  }

  /** PUBLISH without waiting for anything; returns its packet id. */
  publish(topic: string, payload: string | Uint8Array = "", options: Partial<PublishPacket> = {}): number {
    const qos = options.qos ?? 0;
    const packetId = options.packetId ?? (qos === 0 ? 0 : this.id());
    this.send(publishPacket(topic, payload, { ...options, packetId }));
    return packetId;
  }

  /** PUBLISH and the whole exchange of its QoS; returns the reason code of PUBACK or PUBREC. */
  async published(
    topic: string,
    payload: string | Uint8Array = "",
    options: Partial<PublishPacket> = {},
  ): Promise<number> {
    const packetId = this.publish(topic, payload, options);
    if (options.qos === 1) return (await this.expect(4)).reasonCode;
    if (options.qos === 2) {
      const rec = await this.expect(5);
      if (rec.reasonCode >= 0x80) return rec.reasonCode;
      this.send({ type: 6, packetId, reasonCode: 0, properties: NO_PROPERTIES });
      await this.expect(7);
      return rec.reasonCode;
    }
    return 0;
  }

  /** PUBACK, PUBREC, PUBREL or PUBCOMP. */
  ack(type: 4 | 5 | 6 | 7, packetId: number, reasonCode = 0): void {
    this.send({ type, packetId, reasonCode, properties: NO_PROPERTIES });
  }

  disconnect(reasonCode = 0, properties: Properties = NO_PROPERTIES): void {
    this.send({ type: 14, reasonCode, properties });
  }

  /** PINGREQ and its answer: everything sent before has been handled. */
  async ping(): Promise<void> {
    this.send({ type: 12 });
    await this.expect(13);
  }

  /** A packet id not used by this client yet. */
  id(): number {
    return this.#nextId++;
  }

  // --- receiving ---

  /** The next packet; fails when none comes. */
  async next(): Promise<Packet> {
    await within(() => this.#packets.length > 0 || this.closed, (wake) => this.#wake = wake, "a packet");
    const packet = this.#packets.shift();
    if (packet === undefined) throw new Error("The connection was closed, a packet was expected");
    return packet;
  }

  /** The next packet, which must be of this type. */
  async expect<T extends Packet["type"]>(type: T): Promise<PacketOf<T>> {
    const packet = await this.next();
    if (packet.type !== type) assert.fail(`expected packet type ${type}, got ${JSON.stringify(packet)}`);
    return packet as PacketOf<T>;
  }

  /** The first packet of this type, whatever else came before it. */
  async pick<T extends Packet["type"]>(type: T): Promise<PacketOf<T>> {
    const at = (): number => this.#packets.findIndex((packet) => packet.type === type);
    await within(() => at() >= 0 || this.closed, (wake) => this.#wake = wake, `packet type ${type}`);
    if (at() < 0) throw new Error(`The connection was closed, packet type ${type} was expected`);
    return this.#packets.splice(at(), 1)[0] as PacketOf<T>;
  }

  /** The next PUBLISH, acknowledged as its QoS wants. */
  async message(): Promise<PublishPacket & { text: string }> {
    const packet = await this.expect(3);
    if (packet.qos === 1) this.ack(4, packet.packetId);
    else if (packet.qos === 2) {
      this.ack(5, packet.packetId);
      await this.pick(6);
      this.ack(7, packet.packetId);
    }
    return { ...packet, text: new TextDecoder().decode(packet.payload) };
  }

  /** The texts of the next `count` messages. */
  async texts(count: number): Promise<string[]> {
    const texts: string[] = [];
    for (let i = 0; i < count; i++) texts.push((await this.message()).text);
    return texts;
  }

  /** Nothing came, and nothing comes once everybody has done what he had to do. */
  async silent(): Promise<void> {
    await settle();
    assert.deepEqual(this.#packets, []);
  }

  /** The broker closes the connection without sending anything more. */
  async gone(): Promise<void> {
    await within(() => this.closed, (wake) => this.#wake = wake, "the end of the connection");
    assert.deepEqual(this.#packets, []);
  }

  /** The broker ends the connection: with this reason in MQTT 5, without a word in 3.x. */
  async refusedWith(reasonCode: number): Promise<void> {
    if (this.version === 5) assert.equal((await this.expect(14)).reasonCode, reasonCode);
    await this.gone();
  }

  /** What has come and was not asked for yet. */
  get waiting(): readonly Packet[] {
    return this.#packets;
  }

  // --- the network ---

  /** Stops reading. */
  stall(): void {
    this.#stream.pause();
  }

  read(): void {
    this.#stream.resume();
  }

  /** Closes the connection in an orderly way, without DISCONNECT. */
  close(): void {
    this.#stream.close();
  }

  /** Breaks the connection. */
  reset(): void {
    this.#stream.reset();
  }

  /** Breaks the connection and waits until the broker knows. */
  async lose(): Promise<void> {
    this.#stream.reset();
    await within(() => this.closed, (wake) => this.#wake = wake, "the end of the connection");
  }
}

/** The bytes of a packet. */
export function encoded(packet: Packet, version: ProtocolVersion): Uint8Array {
  const writer = new Writer();
  encode(writer, packet, version);
  return writer.view().slice();
}

export function connectPacket(options: Partial<ConnectPacket> = {}): ConnectPacket {
  return {
    type: 1,
    version: 5,
    cleanStart: true,
    keepAlive: 0,
    clientId: "",
    username: null,
    password: null,
    will: null,
    properties: NO_PROPERTIES,
    ...options,
  };
}

export function publishPacket(
  topic: string,
  payload: string | Uint8Array = "",
  options: Partial<PublishPacket> = {},
): PublishPacket {
  return {
    type: 3,
    dup: false,
    qos: 0,
    retain: false,
    topic,
    packetId: 0,
    payload: typeof payload === "string" ? new TextEncoder().encode(payload) : payload,
    properties: NO_PROPERTIES,
    ...options,
  };
}
