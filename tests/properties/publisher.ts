/** A publisher of a walk: repeats after each reconnect what was not acknowledged, as the standard asks. */

import { NO_PROPERTIES } from "../../src/packets/properties.ts";
import { type ConnackPacket, type Packet, PacketType, type QoS } from "../../src/packets/types.ts";
import { publishPacket } from "../harness/client.ts";
import { Peer } from "./peer.ts";

/** A message as it is known by its text. */
export interface Published {
  readonly text: string;
  readonly publisher: string;
  readonly sequence: number;
  readonly qos: QoS;
  readonly topic: string;
  /** How often it was sent: so many times may a subscriber see it anew with QoS 1. */
  sends: number;
}

interface Outgoing {
  readonly message: Published;
  readonly packetId: number;
  readonly payload: string;
  /** PUBREC has come. */
  released: boolean;
  /** PUBREL was sent on this connection. */
  sent: boolean;
}

export class Publisher extends Peer {
  readonly messages: Published[] = [];
  /** In the order of sending. */
  readonly #outgoing: Map<number, Outgoing> = new Map();
  #lastId = 0;

  get unfinished(): number {
    return this.#outgoing.size;
  }

  publish(qos: QoS, size: number): void {
    const sequence = this.messages.length;
    const message: Published = {
      text: `${this.id}:${sequence}`,
      publisher: this.id,
      sequence,
      qos,
      topic: `t/${this.id}/${qos}`,
      sends: 0,
    };
    const payload = `${message.text}|${"x".repeat(size)}`;
    this.messages.push(message);
    this.world.note(`${this.id} publishes ${sequence} with QoS ${qos}`);
    if (qos === 0) {
      this.#send(message, payload, 0, false);
      return;
    }
    const packetId = this.#freeId();
    this.#outgoing.set(packetId, { message, packetId, payload, released: false, sent: false });
    this.#send(message, payload, packetId, false);
  }

  /** Few ids, so that they come round soon. */
  #freeId(): number {
    do this.#lastId = this.#lastId % 60 + 1; while (this.#outgoing.has(this.#lastId));
    return this.#lastId;
  }

  get full(): boolean {
    return this.#outgoing.size >= 50;
  }

  #send(message: Published, payload: string, packetId: number, dup: boolean): void {
    const { qos, topic } = message;
    message.sends++;
    this.send(publishPacket(topic, payload, { qos, packetId, dup }));
  }

  protected connected(_packet: ConnackPacket): void {
    for (const out of this.#outgoing.values()) {
      out.sent = false;
      if (!out.released) this.#send(out.message, out.payload, out.packetId, true);
      else this.#release(out);
    }
  }

  #release(out: Outgoing): void {
    out.sent = true;
    this.send({ type: PacketType.PUBREL, packetId: out.packetId, reasonCode: 0, properties: NO_PROPERTIES });
  }

  /** Sends the PUBRELs it owes. */
  goOn(): void {
    for (const out of this.#outgoing.values()) if (out.released && !out.sent) this.#release(out);
  }

  protected handle(packet: Packet): void {
    if (packet.type < 4 || packet.type > 7 || !("packetId" in packet)) {
      this.world.fail(`${this.id}: packet type ${packet.type}`);
    }
    const out = this.#outgoing.get(packet.packetId);
    if (out === undefined) {
      this.world.fail(`${this.id}: packet ${packet.type} for unknown id ${packet.packetId}`);
    }
    // A PUBREL that is repeated may have been answered already.
    const repeated = packet.type === PacketType.PUBCOMP && this.link!.resumed;
    if ("reasonCode" in packet && packet.reasonCode >= 0x80 && !(repeated && packet.reasonCode === 0x92)) {
      this.world.fail(`${this.id}: ${packet.packetId} refused with ${packet.reasonCode}`);
    }
    const expected = out.message.qos === 1
      ? PacketType.PUBACK
      : out.sent
      ? PacketType.PUBCOMP
      : PacketType.PUBREC;
    if (packet.type !== expected) {
      this.world.fail(`${this.id}: packet type ${packet.type} for ${packet.packetId}, not ${expected}`);
    }
    if (packet.type === PacketType.PUBREC) out.released = true;
    else this.#outgoing.delete(packet.packetId);
  }
}
