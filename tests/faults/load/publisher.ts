/** Publishes, and repeats in order what was not acknowledged. MQTT 5.0 sections 4.3 and 4.4. */

import type { Packet } from "../../../src/packets/types.ts";
import type { TestClient } from "../../harness/client.ts";
import type { Sent } from "./ledger.ts";
import { Peer, type PeerOptions } from "./peer.ts";

interface Open {
  readonly message: Sent;
  /** PUBREC has come. */
  released: boolean;
  /** PUBREL was sent more than once. */
  repeated: boolean;
}

export class Publisher extends Peer {
  readonly #topics: readonly string[];
  readonly #window: number;
  /** By packet id, in the order of sending. */
  readonly #open: Map<number, Open> = new Map();
  #packetId = 0;
  #number = 0;
  #enough = false;

  constructor(options: PeerOptions, topics: readonly string[]) {
    super(options);
    this.#topics = topics;
    this.#window = this.random.between(1, 20);
  }

  /** Publishes nothing new, and ends when everything is acknowledged. */
  finish(): void {
    this.#enough = true;
    this.#more();
  }

  get open(): number {
    return this.#open.size;
  }

  protected override get waits(): boolean {
    return this.#open.size > 0;
  }

  protected override begin(client: TestClient): void {
    for (const [packetId, open] of this.#open) {
      this.ledger.tick();
      if (open.released) {
        open.repeated = true;
        client.ack(6, packetId);
      } else {
        open.message.transmissions++;
        this.#send(client, packetId, open.message, true);
      }
    }
    this.#more();
  }

  protected override take(client: TestClient, packet: Packet): void {
    switch (packet.type) {
      case 4:
        this.#acknowledged(packet.packetId, 1, packet.reasonCode);
        break;
      case 5: {
        const open = this.#open.get(packet.packetId);
        if (open === undefined || open.message.qos !== 2) {
          this.violation(`PUBREC for packet ${packet.packetId}, which is none of QoS 2 on its way`);
          return;
        }
        if (packet.reasonCode >= 0x80) {
          this.#refused(packet.packetId, open, packet.reasonCode);
          break;
        }
        open.repeated ||= open.released;
        open.released = true;
        client.ack(6, packet.packetId);
        break;
      }
      case 7: {
        const open = this.#open.get(packet.packetId);
        // Only who says PUBREL again may hear that it is not known any more.
        if (packet.reasonCode !== 0 && open?.repeated !== true) {
          this.violation(`PUBCOMP says ${packet.reasonCode} to the first PUBREL`);
        }
        this.#acknowledged(packet.packetId, 2, 0);
        break;
      }
      case 14:
        if (!this.mayEndWith(packet.reasonCode)) {
          this.violation(`the broker said DISCONNECT with ${packet.reasonCode}`);
        }
        break;
      default:
        this.violation(`a packet of type ${packet.type} to a publisher`);
    }
    this.#more();
  }

  #acknowledged(packetId: number, qos: 1 | 2, reasonCode: number): void {
    const open = this.#open.get(packetId);
    if (open === undefined || open.message.qos !== qos || open.released !== (qos === 2)) {
      this.violation(`an acknowledgement of packet ${packetId}, which does not wait for one of QoS ${qos}`);
      return;
    }
    if (reasonCode >= 0x80) return this.#refused(packetId, open, reasonCode);
    this.#open.delete(packetId);
    open.message.doneAt = this.ledger.tick();
  }

  #refused(packetId: number, { message }: Open, reasonCode: number): void {
    if (!this.mayRefuse(reasonCode)) this.violation(`a publish was refused with ${reasonCode}`);
    this.#open.delete(packetId);
    message.refused = true;
    this.ledger.tick();
  }

  #more(): void {
    const { client } = this;
    if (client === null) return;
    while (!this.#enough && this.#open.size < this.#window) {
      const number = ++this.#number;
      // (Now and then one that is longer than a page of the database.)
      const filling = "x".repeat(this.random.weighted([[8, 20], [3, 300], [1, 6000]]));
      const message = this.ledger.sends({
        publisher: this.id,
        number,
        topic: this.random.pick(this.#topics),
        qos: this.random.oneIn(2) ? 1 : 2,
        text: `${this.id} ${number} ${filling}`,
      });
      const packetId = this.#freeId();
      this.#open.set(packetId, { message, released: false, repeated: false });
      this.#send(client, packetId, message, false);
    }
    if (this.#enough && this.#open.size === 0) this.stop();
  }

  #send(client: TestClient, packetId: number, { topic, qos, text }: Sent, dup: boolean): void {
    client.publish(topic, text, { qos, packetId, dup });
  }

  /** There are few, so that each is used again soon. */
  #freeId(): number {
    do this.#packetId = this.#packetId % (2 * this.#window) + 1; while (this.#open.has(this.#packetId));
    return this.#packetId;
  }
}
