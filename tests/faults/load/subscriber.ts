/** Takes messages as its QoS says, and looks whether they may come: how often, in which order, with or without DUP. */

import { setTimeout } from "node:timers";
import type { Packet, PublishPacket } from "../../../src/packets/types.ts";
import type { TestClient } from "../../harness/client.ts";
import type { Sent } from "./ledger.ts";
import { Peer, type PeerOptions } from "./peer.ts";

/** How long acknowledgements are held back at most, in milliseconds. */
const HELD_MS = 3;

/** What came of one message. */
interface Received {
  /** To the application. */
  count: number;
  /** Sent without DUP. */
  fresh: number;
}

export class Subscriber extends Peer {
  readonly #filter: string;
  readonly qos: 1 | 2;
  /** How many acknowledgements go together. */
  readonly #together: number;
  subscribed = false;
  /** PINGRESP has come. */
  pinged = true;
  /** PUBLISH and PUBREL. */
  packets = 0;
  readonly #received: Map<Sent, Received> = new Map();
  /** Of publisher and topic, the last that came. */
  readonly #last: Map<string, number> = new Map();
  /** QoS 2 that wait for PUBREL, by packet id. */
  readonly #begun: Map<number, string> = new Map();
  /** What came and is not acknowledged. */
  readonly #unacknowledged: Map<number, string> = new Map();
  #held: (() => void)[] = [];
  #freshSeen = false;

  constructor(options: PeerOptions, filter: string, qos: 1 | 2) {
    super(options);
    this.#filter = filter;
    this.qos = qos;
    this.#together = this.random.pick([1, 1, 4, 16]);
    this.receiveMaximum = this.random.pick([0, 0, 1, 10]);
  }

  /** How often the message was delivered. */
  countOf(message: Sent): number {
    return this.#received.get(message)?.count ?? 0;
  }

  /** Sends a PINGREQ, whose answer says that everything was handled; as soon as it is connected. */
  ping(): void {
    this.pinged = false;
    this.#flush();
    this.client?.send({ type: 12 });
  }

  /** Whether its first delivery may come after that of a later message. */
  protected mayComeLate(_message: Sent): boolean {
    return false;
  }

  protected override get waits(): boolean {
    return !this.subscribed || !this.pinged;
  }

  protected override begin(client: TestClient): void {
    this.#held = [];
    this.#freshSeen = false;
    if (!this.subscribed) this.subscribe(client, this.#filter);
    if (!this.pinged) client.send({ type: 12 });
  }

  protected subscribe(client: TestClient, filter: string): number {
    const { qos } = this;
    const packetId = client.id();
    client.send({
      type: 8,
      packetId,
      properties: {},
      subscriptions: [{ filter, qos, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
    });
    return packetId;
  }

  protected override take(client: TestClient, packet: Packet): void {
    switch (packet.type) {
      case 3:
        this.packets++;
        this.#message(client, packet);
        break;
      case 6:
        this.packets++;
        this.#begun.delete(packet.packetId);
        this.#unacknowledged.delete(packet.packetId);
        client.ack(7, packet.packetId);
        break;
      case 9:
        if (this.mayRefuse(packet.reasonCodes[0]!)) return client.reset();
        if (packet.reasonCodes[0] !== this.qos) {
          this.violation(`SUBSCRIBE was answered ${packet.reasonCodes}`);
        }
        this.subscribed = true;
        this.ledger.tick();
        break;
      case 13:
        this.pinged = true;
        this.ledger.tick();
        break;
      case 14:
        // Shutting down, which it is told to at the end.
        if (packet.reasonCode !== 0x8b && !this.mayEndWith(packet.reasonCode)) {
          this.violation(`the broker said DISCONNECT with ${packet.reasonCode}`);
        }
        break;
      default:
        this.violation(`a packet of type ${packet.type} to a subscriber`);
    }
  }

  #message(client: TestClient, packet: PublishPacket): void {
    const { packetId, qos, dup } = packet;
    const text = new TextDecoder().decode(packet.payload);
    const message = this.ledger.find(text);
    if (message === undefined || message.topic !== packet.topic) {
      this.violation(`a message that nobody has sent, "${text.slice(0, 40)}" to "${packet.topic}"`);
      return;
    }
    const name = `${message.publisher} ${message.number}`;
    if (qos !== Math.min(message.qos, this.qos)) this.violation(`${name} came with QoS ${qos}`);
    this.#mayBeDup(name, message, packet);
    const begun = this.#begun.get(packetId);
    const repeated = qos === 2 && begun !== undefined;
    if (repeated && begun !== text) {
      this.violation(
        `${name} under packet id ${packetId}, which waits for PUBREL of "${begun.slice(0, 20)}"`,
      );
    }
    this.#unacknowledged.set(packetId, text);
    if (qos === 2) this.#begun.set(packetId, text);
    if (!repeated) this.#deliver(name, message, dup);
    this.#acknowledge(client, () => {
      if (qos === 1) this.#unacknowledged.delete(packetId);
      client.ack(qos === 1 ? 4 : 5, packetId);
    });
  }

  #mayBeDup(name: string, message: Sent, { packetId, dup }: PublishPacket): void {
    const before = this.#unacknowledged.get(packetId);
    if (!dup) {
      this.#freshSeen = true;
      if (before !== undefined) {
        this.violation(
          before === message.text
            ? `${name} came again without DUP`
            : `${name} under packet id ${packetId}, which is in use`,
        );
      }
      return;
    }
    // What is repeated comes before everything else.
    if (this.#freshSeen) this.violation(`${name} came with DUP after a message without`);
    if (message.sentAt > this.lastGoneAt) {
      this.violation(`${name} came with DUP, and cannot have come before`);
    }
    if (before !== undefined && before !== message.text) {
      this.violation(`${name} came with DUP under the packet id ${packetId} of "${before.slice(0, 20)}"`);
    }
  }

  /** To the application. */
  #deliver(name: string, message: Sent, dup: boolean): void {
    let received = this.#received.get(message);
    if (received === undefined) this.#received.set(message, received = { count: 0, fresh: 0 });
    received.count++;
    if (!dup) received.fresh++;
    if (message.qos === 2 && this.qos === 2 && received.count > 1) {
      this.violation(`${name} of QoS 2 was delivered ${received.count} times`);
    }
    // (What a publisher repeats is another message for the broker in QoS 1, and none in QoS 2.)
    if (received.fresh > (message.qos === 2 ? 1 : message.transmissions)) {
      this.violation(`${name} came ${received.fresh} times without DUP, sent ${message.transmissions} times`);
    }
    if (received.count > 1) return;
    const key = `${message.publisher} ${message.topic}`;
    const last = this.#last.get(key) ?? 0;
    if (message.number < last && !this.mayComeLate(message)) this.violation(`${name} came after ${last}`);
    this.#last.set(key, message.number);
  }

  /** In order, some at a time. [MQTT-4.6.0-2] */
  #acknowledge(client: TestClient, send: () => void): void {
    this.#held.push(send);
    if (this.#held.length >= this.#together) this.#flush();
    else if (this.#held.length === 1) {
      setTimeout(() => {
        if (this.client === client) this.#flush();
      }, HELD_MS);
    }
  }

  #flush(): void {
    const held = this.#held;
    this.#held = [];
    for (const send of held) send();
  }
}
