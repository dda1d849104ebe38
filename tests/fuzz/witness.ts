/** Two clients who only want to talk to each other, whatever others do to their broker. */

import { decode } from "../../src/packets/decode.ts";
import { NO_PROPERTIES } from "../../src/packets/properties.ts";
import { Malformed } from "../../src/packets/reason.ts";
import { type Packet, PacketType, type QoS } from "../../src/packets/types.ts";
import { connectPacket, publishPacket } from "../harness/client.ts";
import { Frames } from "./frames.ts";
import { bytesOf } from "./script.ts";
import type { Line, Target } from "./target.ts";

const LEVELS: readonly QoS[] = [0, 1, 2];
const decoder = new TextDecoder();

class Voice {
  readonly line: Line;
  connected = false;
  subscribed = false;
  ended = false;
  readonly texts: string[] = [];
  /** Exchanges that came to their end. */
  finished = 0;
  wrong: string | null = null;
  readonly #frames: Frames = new Frames();

  constructor(target: Target, clientId: string) {
    this.line = target.open();
    this.line.received = (bytes): void => this.#received(bytes);
    this.line.ended = (): void => {
      this.ended = true;
    };
    this.send(connectPacket({ version: 5, clientId, keepAlive: 0 }));
  }

  send(packet: Packet): void {
    this.line.send(bytesOf(packet, 5));
  }

  #received(bytes: Uint8Array): void {
    for (const { bytes: b, body } of this.#frames.take(bytes)) {
      const packet = decode(b[0]!, b, body, b.length, { version: 5, maxUserProperties: 100 });
      if (packet instanceof Malformed) this.wrong ??= packet.detail;
      else this.#handle(packet);
    }
  }

  #handle(packet: Packet): void {
    const answer = (type: 4 | 5 | 6 | 7, packetId: number): void =>
      this.send({ type, packetId, reasonCode: 0, properties: NO_PROPERTIES });
    switch (packet.type) {
      case PacketType.CONNACK:
        this.connected = packet.reasonCode === 0;
        break;
      case PacketType.SUBACK:
        this.subscribed = packet.reasonCodes[0] === 2;
        break;
      case PacketType.PUBLISH:
        this.texts.push(`${packet.qos} ${decoder.decode(packet.payload)}`);
        if (packet.qos === 1) answer(4, packet.packetId);
        else if (packet.qos === 2) answer(5, packet.packetId);
        break;
      case PacketType.PUBREC:
        answer(6, packet.packetId);
        break;
      case PacketType.PUBREL:
        answer(7, packet.packetId);
        break;
      case PacketType.PUBACK:
      case PacketType.PUBCOMP:
        this.finished++;
        if (packet.reasonCode !== 0) this.wrong ??= `packet type ${packet.type} says ${packet.reasonCode}`;
        break;
      default:
        this.wrong ??= `packet type ${packet.type}`;
    }
  }
}

export class Witness {
  readonly #target: Target;
  readonly #topic: string;
  readonly #speaker: Voice;
  readonly #listener: Voice;
  #beats = 0;
  /** Milliseconds each exchange took. */
  readonly times: number[] = [];

  /** `name` is one that nobody else comes upon. */
  constructor(target: Target, name: string) {
    this.#target = target;
    this.#topic = `witness/${name}`;
    this.#listener = new Voice(target, `${name}-listener`);
    this.#speaker = new Voice(target, `${name}-speaker`);
  }

  /** Null when all is well. */
  async begin(): Promise<string | null> {
    const options = { qos: 2, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
    const subscriptions = [{ filter: this.#topic, ...options }];
    this.#listener.send({
      type: PacketType.SUBSCRIBE,
      packetId: 1,
      properties: NO_PROPERTIES,
      subscriptions,
    });
    const ready = await this.#target.until(() => this.#speaker.connected && this.#listener.subscribed);
    return ready ? null : "the witnesses can't connect";
  }

  /** One message of each QoS from one to the other; null when they came through undisturbed. */
  async beat(): Promise<string | null> {
    const n = ++this.#beats;
    const [speaker, listener] = [this.#speaker, this.#listener];
    listener.texts.length = 0;
    speaker.finished = 0;
    const started = performance.now();
    for (const qos of LEVELS) {
      speaker.send(publishPacket(this.#topic, `${n}`, { qos, packetId: qos === 0 ? 0 : n % 60_000 + qos }));
    }
    const through = await this.#target.until(() => listener.texts.length >= 3 && speaker.finished === 2);
    this.times.push(performance.now() - started);
    if (speaker.ended || listener.ended) return "a witness was disconnected";
    if (speaker.wrong !== null || listener.wrong !== null) {
      return `a witness heard ${speaker.wrong ?? listener.wrong}`;
    }
    if (!through) {
      return `messages ${n} between the witnesses did not come through: ${listener.texts.join(", ")}`;
    }
    const expected = LEVELS.map((qos) => `${qos} ${n}`).join(", ");
    const heard = listener.texts.join(", ");
    return heard === expected ? null : `the witness heard ${heard}, said was ${expected}`;
  }

  end(): void {
    for (const voice of [this.#speaker, this.#listener]) {
      voice.send({ type: PacketType.DISCONNECT, reasonCode: 0, properties: NO_PROPERTIES });
    }
  }
}
