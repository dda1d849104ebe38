/** Listens to what the broker answers one connection: whatever was sent, what comes back keeps to the rules. */

import { decode } from "../../src/packets/decode.ts";
import { NO_PROPERTIES } from "../../src/packets/properties.ts";
import { Malformed } from "../../src/packets/reason.ts";
import { type ConnectPacket, type Packet, PacketType, type PublishPacket } from "../../src/packets/types.ts";
import { isTopicName } from "../../src/topics/names.ts";
import { type Frame, Frames } from "./frames.ts";
import { bytesOf } from "./script.ts";

/** Types a server may send. */
const FROM_SERVER: ReadonlySet<number> = new Set([2, 3, 4, 5, 6, 7, 9, 11, 13, 14, 15]);

export class Hearing {
  pings = 0;
  /** CONNACK's code; -1: none yet. */
  connack = -1;
  /** DISCONNECT's reason; -1: none. */
  disconnect = -1;
  /** Answers by type and packet id. */
  readonly answers: Map<string, number> = new Map();
  /** What it heard that no broker may say. */
  complaint: string | null = null;
  readonly #connect: ConnectPacket | null;
  readonly #reply: ((bytes: Uint8Array) => void) | null;
  readonly #frames: Frames = new Frames();
  readonly #aliases: Map<number, string> = new Map();

  /** `reply` sends what a polite client answers; null: it says nothing by itself. */
  constructor(connect: ConnectPacket | null, reply: ((bytes: Uint8Array) => void) | null) {
    this.#connect = connect;
    this.#reply = reply;
  }

  feed(bytes: Uint8Array): void {
    for (const frame of this.#frames.take(bytes)) this.#hear(frame);
    if (this.#frames.broken) this.#complain("a length that is none");
  }

  #complain(what: string): void {
    this.complaint ??= what;
  }

  #hear({ bytes, body }: Frame): void {
    const type = bytes[0]! >> 4;
    if (!FROM_SERVER.has(type)) this.#complain(`packet type ${type} from a server`);
    if (this.disconnect >= 0 || this.connack > 0) this.#complain(`packet type ${type} after the last word`);
    if (type === PacketType.PINGRESP) this.pings++;
    if (type === PacketType.CONNACK) {
      if (this.connack >= 0) this.#complain("a second CONNACK");
      this.connack = bytes[body + 1] ?? 255;
    } else if (this.connack < 0 && type !== PacketType.AUTH) {
      this.#complain(`packet type ${type} before CONNACK`);
    }
    const connect = this.#connect;
    if (connect === null) return;
    const { version } = connect;
    const packet = decode(bytes[0]!, bytes, body, bytes.length, { version, maxUserProperties: 65_535 });
    if (packet instanceof Malformed) return this.#complain(`no packet: ${packet.detail}`);
    const most = connect.properties.maximumPacketSize ?? Infinity;
    // (A CONNECT with too many user properties is not read to its end.)
    const unread = packet.type === PacketType.CONNACK && packet.reasonCode === 0x97;
    if (bytes.length > most && !unread) {
      this.#complain(`packet type ${type} has ${bytes.length} bytes, ${most} are allowed`);
    }
    if (version !== 5) {
      if (type > 13) this.#complain(`packet type ${type} for version ${version}`);
      if (packet.type === PacketType.CONNACK && packet.reasonCode > 5) {
        this.#complain(`CONNACK ${packet.reasonCode} for version ${version}`);
      }
    }
    this.#understand(packet, connect);
  }

  #understand(packet: Packet, connect: ConnectPacket): void {
    if ("packetId" in packet && packet.type !== PacketType.PUBLISH) {
      const key = `${packet.type}:${packet.packetId}`;
      this.answers.set(key, (this.answers.get(key) ?? 0) + 1);
    }
    switch (packet.type) {
      case PacketType.DISCONNECT:
        this.disconnect = packet.reasonCode;
        break;
      case PacketType.PUBLISH:
        this.#publish(packet, connect);
        break;
      case PacketType.PUBREL:
        this.#answer({ type: 7, packetId: packet.packetId, reasonCode: 0, properties: NO_PROPERTIES });
        break;
      case PacketType.AUTH:
        if (connect.properties.authenticationMethod === undefined) this.#complain("AUTH without a method");
        if (packet.reasonCode === 0x18) {
          const { authenticationMethod } = connect.properties;
          const properties = { authenticationMethod: authenticationMethod ?? "" };
          this.#answer({ type: PacketType.AUTH, reasonCode: 0x18, properties });
        }
    }
    const quiet = connect.properties.requestProblemInformation === false &&
      packet.type !== PacketType.PUBLISH && packet.type !== PacketType.CONNACK &&
      packet.type !== PacketType.DISCONNECT;
    // [MQTT-3.1.2-29]
    if (quiet && "properties" in packet && packet.properties.reasonString !== undefined) {
      this.#complain(`packet type ${packet.type} has a reason string that was not asked for`);
    }
  }

  #publish(packet: PublishPacket, connect: ConnectPacket): void {
    const alias = packet.properties.topicAlias;
    let { topic } = packet;
    if (alias !== undefined) {
      if (alias > (connect.properties.topicAliasMaximum ?? 0)) this.#complain(`topic alias ${alias}`);
      if (topic === "") topic = this.#aliases.get(alias) ?? "";
      else this.#aliases.set(alias, topic);
    }
    if (!isTopicName(topic)) this.#complain(`PUBLISH to ${JSON.stringify(topic)}`);
    if (packet.qos === 0) return;
    const type = packet.qos === 1 ? PacketType.PUBACK : PacketType.PUBREC;
    this.#answer({ type, packetId: packet.packetId, reasonCode: 0, properties: NO_PROPERTIES });
  }

  #answer(packet: Packet): void {
    this.#reply?.(bytesOf(packet, this.#connect!.version));
  }
}
