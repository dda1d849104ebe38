/** Somebody else on the same broker: comes, goes, subscribes and unsubscribes, and is of no importance. */

import { NO_PROPERTIES } from "../../src/packets/properties.ts";
import { type ConnackPacket, type Packet, PacketType, type QoS } from "../../src/packets/types.ts";
import { Peer } from "./peer.ts";

const FILTERS = ["t/#", "t/+/1", "+/p1/#", "#", "t/p1/2", "$share/g/t/#", "other/x", "+/+/+"] as const;

export class Bystander extends Peer {
  protected override readonly persistent: boolean = false;
  #packetId = 0;

  protected connected(_packet: ConnackPacket): void {}

  /** Answers at once what it gets, most of the time. */
  protected handle(packet: Packet): void {
    if (this.world.random.oneIn(5)) return;
    if (packet.type === PacketType.PUBREL) this.#answer(PacketType.PUBCOMP, packet.packetId);
    else if (packet.type === PacketType.PUBLISH && packet.qos === 1) {
      this.#answer(PacketType.PUBACK, packet.packetId);
    } else if (packet.type === PacketType.PUBLISH && packet.qos === 2) {
      this.#answer(PacketType.PUBREC, packet.packetId);
    }
  }

  #answer(type: 4 | 5 | 7, packetId: number): void {
    this.send({ type, packetId, reasonCode: 0, properties: NO_PROPERTIES });
  }

  /** Subscribes to something, or no longer. */
  change(): void {
    const { random } = this.world;
    const filter = random.pick(FILTERS);
    const packetId = ++this.#packetId;
    if (random.oneIn(2)) {
      this.world.note(`${this.id} unsubscribes from ${filter}`);
      this.send({ type: PacketType.UNSUBSCRIBE, packetId, filters: [filter], properties: NO_PROPERTIES });
      return;
    }
    this.world.note(`${this.id} subscribes to ${filter}`);
    const options = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const;
    this.send({
      type: PacketType.SUBSCRIBE,
      packetId,
      properties: NO_PROPERTIES,
      subscriptions: [{ filter, qos: random.below(3) as QoS, ...options }],
    });
  }
}
