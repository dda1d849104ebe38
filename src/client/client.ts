/** A client of a broker: one connection. Whoever wants another one after it makes another one. */

import { decode } from "../packets/decode.ts";
import { encode } from "../packets/encode.ts";
import { NO_PROPERTIES, type Properties } from "../packets/properties.ts";
import { Malformed, reasonText } from "../packets/reason.ts";
import {
  type ConnackPacket,
  type Packet,
  PacketType,
  type PublishPacket,
  type SubscribeOptions,
} from "../packets/types.ts";
import { headLength } from "../packets/fixed_header.ts";
import { PINGREQ } from "../packets/ping.ts";
import { Writer } from "../packets/wire.ts";
import { clearInterval, clearTimeout, setInterval, setTimeout } from "../runtime/timers.ts";
import { connackText } from "./connack_text.ts";
import { LostError, RefusedError } from "./error.ts";
import type { ClientEvents, ClientOptions, OutgoingMessage } from "./options.ts";
import { PacketCutter } from "./packet_cutter.ts";
import { Publishing } from "./publishing.ts";
import { openTransport } from "./open_transport.ts";
import type { Transport } from "./transport.ts";

/** How long the answer to CONNECT, and an orderly end, may take. */
const PATIENCE_MS = 30_000;
/** What is sent in one piece. */
const MOST_PENDING = 65_536;

/** Messages with QoS 2 that have come and are not released yet: they outlive a connection as the session does. */
export type Received = Map<number, PublishPacket>;

export class Client {
  /** The broker's answer to CONNECT. */
  connack: ConnackPacket = { type: PacketType.CONNACK, sessionPresent: false, reasonCode: 0, properties: {} };
  /** What the server reads is behind what was written. */
  congested = false;
  readonly options: ClientOptions;
  readonly #events: ClientEvents;
  readonly #received: Received;
  readonly #cutter = new PacketCutter();
  readonly #writer = new Writer(4096);
  readonly #publishing: Publishing;
  /** By packet id. */
  readonly #answers = new Map<number, (codes: readonly number[], properties: Properties) => void>();
  readonly #aliases = new Map<number, string>();
  #transport: Transport | null = null;
  #flushing = false;
  #lastId = 0;
  #greet: ((error: Error | null) => void) | null = null;
  #closed = false;
  #ending = false;
  /** Messages that come are neither told nor acknowledged. */
  #deaf = false;
  #failure: Error | null = null;
  #timer: ReturnType<typeof setInterval> | undefined;
  #sent = 0;
  #heard = 0;

  private constructor(options: ClientOptions, events: ClientEvents, received: Received) {
    this.options = options;
    this.#events = events;
    this.#received = received;
    this.#publishing = new Publishing((packet) => this.#send(packet), () => this.#freeId());
  }

  /** Rejects with a `RefusedError` or a `LostError`; `events` are told nothing before it resolves. */
  static async connect(
    options: ClientOptions,
    events: ClientEvents,
    received: Received = new Map(),
  ): Promise<Client> {
    const client = new Client(options, events, received);
    await client.#open();
    return client;
  }

  async #open(): Promise<void> {
    this.#transport = await openTransport(this.options.target, {
      data: (bytes) => this.#data(bytes),
      drained: () => {
        this.congested = false;
        this.#events.drained?.();
      },
      closed: (error) => this.#gone(error),
    });
    const { version, clientId, cleanStart, keepAlive, username, password, will, properties } = this.options;
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(
        () => this.#fail(new LostError("The broker does not answer CONNECT")),
        PATIENCE_MS,
      );
      this.#greet = (error) => {
        clearTimeout(late);
        this.#greet = null;
        if (error === null) resolve();
        else reject(error);
      };
      const type = PacketType.CONNECT;
      this.#send({ type, version, clientId, cleanStart, keepAlive, username, password, will, properties });
    });
  }

  /** Messages with QoS 1 and 2 that wait for the broker, or for their turn. */
  get unfinished(): number {
    return this.#publishing.count;
  }

  /**
   * Publishes. `done` is called with the broker's reason code (0 in MQTT 3), at once with QoS 0; a connection that ends before
   * calls nothing.
   */
  publish(message: OutgoingMessage, done?: (code: number, properties: Properties) => void): void {
    this.#publishing.add(message, done);
  }

  /** Those that nobody has acknowledged, in their order: for another connection. */
  unacknowledged(): ReturnType<Publishing["rest"]> {
    return this.#publishing.rest();
  }

  subscribe(
    subscriptions: SubscribeOptions[],
    properties: Properties = NO_PROPERTIES,
  ): Promise<readonly number[]> {
    const packetId = this.#freeId();
    return this.#asked(packetId, { type: PacketType.SUBSCRIBE, packetId, subscriptions, properties });
  }

  unsubscribe(filters: string[], properties: Properties = NO_PROPERTIES): Promise<readonly number[]> {
    const packetId = this.#freeId();
    return this.#asked(packetId, { type: PacketType.UNSUBSCRIBE, packetId, filters, properties });
  }

  /** From now on no message is told, and none acknowledged: the broker keeps what it has to keep. */
  stopListening(): void {
    this.#deaf = true;
  }

  pause(): void {
    this.#transport?.pause();
  }

  resume(): void {
    this.#transport?.resume();
  }

  /** Resolves when the connection has ended. 4: the will is published, in MQTT 5. */
  disconnect(reasonCode: 0 | 4 = 0, properties: Properties = NO_PROPERTIES): void {
    if (this.#closed || this.#ending) return;
    this.#ending = true;
    this.#send({ type: PacketType.DISCONNECT, reasonCode, properties });
    this.#flush();
    this.#transport?.end();
    // (Who does not close is left.)
    setTimeout(() => this.#transport?.destroy(), 2000).unref?.();
  }

  /** Without a word. */
  destroy(): void {
    this.#ending = true;
    this.#transport?.destroy();
  }

  #asked(packetId: number, packet: Packet): Promise<readonly number[]> {
    return new Promise((resolve) => {
      this.#answers.set(packetId, (codes) => resolve(codes));
      this.#send(packet);
    });
  }

  #freeId(): number {
    do this.#lastId = this.#lastId % 65_535 + 1; while (
      this.#answers.has(this.#lastId) || this.#publishing.has(this.#lastId)
    );
    return this.#lastId;
  }

  #send(packet: Packet): void {
    if (this.#closed) return;
    this.#sent = performance.now();
    this.#events.packet?.("sent", packet);
    encode(this.#writer, packet, this.options.version);
    if (this.#writer.length >= MOST_PENDING) this.#flush();
    else if (!this.#flushing) {
      this.#flushing = true;
      queueMicrotask(() => this.#flush());
    }
  }

  #flush(): void {
    this.#flushing = false;
    if (this.#writer.length === 0 || this.#transport === null) return;
    const bytes = this.#writer.view().slice();
    this.#writer.reset();
    if (!this.#transport.write(bytes)) this.congested = true;
  }

  #data(chunk: Uint8Array): void {
    this.#heard = performance.now();
    this.#cutter.read(chunk, {
      packet: (bytes, start, end) => {
        const first = bytes[start]!;
        const options = { version: this.options.version, maxUserProperties: 65_535 };
        const packet = decode(first, bytes, start + headLength(end - start), end, options);
        if (packet instanceof Malformed) this.#malformed(packet.detail);
        else this.#take(packet);
        return !this.#closed && this.#failure === null;
      },
      malformed: () => this.#malformed("packet length"),
    });
  }

  #malformed(detail: string): void {
    this.#fail(new LostError(`The broker sends what is no MQTT: ${detail}`));
  }

  #take(packet: Packet): void {
    this.#events.packet?.("received", packet);
    switch (packet.type) {
      case PacketType.CONNACK:
        return this.#greeted(packet);
      case PacketType.PUBLISH:
        return this.#deaf ? undefined : this.#message(packet);
      case PacketType.PUBREL:
        return this.#released(packet.packetId);
      case PacketType.PUBACK:
      case PacketType.PUBREC:
      case PacketType.PUBCOMP:
        return this.#publishing.answered(packet);
      case PacketType.SUBACK:
      case PacketType.UNSUBACK: {
        const answer = this.#answers.get(packet.packetId);
        this.#answers.delete(packet.packetId);
        return answer?.(packet.reasonCodes, packet.properties);
      }
      case PacketType.DISCONNECT: {
        const why = packet.properties.reasonString ?? reasonText(packet.reasonCode);
        return this.#fail(new LostError(`The broker ends the connection: ${why}`));
      }
      case PacketType.AUTH:
        return this.#fail(new LostError("The broker asks for an authentication that is not known here"));
    }
  }

  #greeted(packet: ConnackPacket): void {
    if (this.#greet === null) return this.#malformed("a second CONNACK");
    if (packet.reasonCode !== 0) {
      const { reasonCode, properties } = packet;
      const why = properties.reasonString ?? connackText(reasonCode, this.options.version);
      return this.#fail(new RefusedError(reasonCode, `The broker refuses the connection: ${why}`));
    }
    this.connack = packet;
    if (!packet.sessionPresent) this.#received.clear();
    const { receiveMaximum = 65_535, serverKeepAlive } = packet.properties;
    this.#publishing.open(Math.min(this.options.maxInflight, receiveMaximum));
    this.#keepAlive(serverKeepAlive ?? this.options.keepAlive);
    this.#greet(null);
  }

  #keepAlive(seconds: number): void {
    if (seconds === 0) return;
    const most = seconds * 1000;
    let asked = 0;
    this.#timer = setInterval(() => {
      const now = performance.now();
      if (asked > 0 && this.#heard < asked && now - asked >= most) {
        return this.#fail(new LostError("The broker does not answer pings"));
      }
      if (asked > 0 && this.#heard >= asked) asked = 0;
      if (now - Math.min(this.#sent, this.#heard) < most * 0.75 || asked > 0) return;
      asked = now;
      this.#send(PINGREQ);
    }, Math.max(250, most / 4));
  }

  #message(packet: PublishPacket): void {
    const { topicAlias } = packet.properties;
    if (topicAlias !== undefined) {
      if (packet.topic !== "") this.#aliases.set(topicAlias, packet.topic);
      else packet.topic = this.#aliases.get(topicAlias) ?? "";
    }
    if (packet.qos < 2) {
      this.#events.message(packet);
      if (packet.qos === 1) this.#acknowledge(PacketType.PUBACK, packet.packetId);
      return;
    }
    // [MQTT-4.3.3-10] What comes again is told once.
    if (!this.#received.has(packet.packetId)) this.#received.set(packet.packetId, packet);
    this.#acknowledge(PacketType.PUBREC, packet.packetId);
  }

  #released(packetId: number): void {
    const packet = this.#received.get(packetId);
    if (packet !== undefined) {
      if (this.#deaf) return;
      this.#received.delete(packetId);
      this.#events.message(packet);
    }
    this.#acknowledge(PacketType.PUBCOMP, packetId);
  }

  #acknowledge(type: 4 | 5 | 7, packetId: number): void {
    this.#send({ type, packetId, reasonCode: 0, properties: NO_PROPERTIES });
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#transport?.destroy();
    if (this.#greet !== null) this.#greet(this.#failure);
  }

  #gone(error: Error | null): void {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#timer);
    const lost = this.#failure ?? new LostError("The broker has closed the connection", { cause: error });
    if (this.#greet !== null) return this.#greet(lost);
    if (this.connack !== null && !(this.#failure instanceof RefusedError)) {
      this.#events.closed(this.#ending ? null : lost);
    }
  }
}
