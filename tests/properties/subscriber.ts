/** A subscriber of a walk: looks at each delivery as strictly as the standard allows. */

import { NO_PROPERTIES, type Properties } from "../../src/packets/properties.ts";
import {
  type AckPacket,
  type ConnackPacket,
  type Packet,
  PacketType,
  type PublishPacket,
  type QoS,
} from "../../src/packets/types.ts";
import { topicMatches } from "../../src/topics/match.ts";
import { Peer, type World } from "./peer.ts";
import type { Published } from "./publisher.ts";

export interface Wanted {
  readonly filter: string;
  readonly qos: QoS;
}

/** The filter of the group whose members share everything. */
export const SHARED = "$share/group/t/#";

interface Heard {
  /** With DUP 0. */
  fresh: number;
  total: number;
}

const decoder = new TextDecoder();

export class Subscriber extends Peer {
  readonly wanted: readonly Wanted[];
  readonly heard: Map<string, Heard> = new Map();
  /** It answers in another order than things came; what is its right is not what is wise. */
  disorderly = false;
  /** It answers at once. */
  eager = false;
  readonly #messages: (text: string) => Published | undefined;
  #subscribed = false;
  #receiveMaximum = 65_535;
  /** Exchanges that this connection began or went on with, by packet id. */
  readonly #open: Set<number> = new Set();
  /** QoS 2: taken, and not yet released. Survives the connection. */
  readonly #taken: Map<number, string> = new Map();
  /** QoS 1: not yet answered. Survives the connection. */
  readonly #unanswered: Map<number, string> = new Map();
  readonly #last: Map<string, number> = new Map();
  readonly #owed: { type: AckPacket["type"]; packetId: number }[] = [];

  constructor(
    world: World,
    id: string,
    version: 4 | 5,
    wanted: readonly Wanted[],
    messages: (text: string) => Published | undefined,
  ) {
    super(world, id, version);
    this.wanted = wanted;
    this.#messages = messages;
  }

  get owes(): number {
    return this.#owed.length;
  }

  get subscribed(): boolean {
    return this.#subscribed;
  }

  /** The QoS granted for a topic, -1: not subscribed. */
  granted(topic: string): number {
    let most = -1;
    for (const { filter, qos } of this.wanted) {
      if (topicMatches(filter === SHARED ? "t/#" : filter, topic)) most = Math.max(most, qos);
    }
    return most;
  }

  /** It gets only what the others of its group do not get. */
  get shares(): boolean {
    return this.wanted[0]!.filter === SHARED;
  }

  protected override connectProperties(): Properties {
    this.#receiveMaximum = this.world.random.oneIn(3) ? 65_535 : this.world.random.between(1, 5);
    return { receiveMaximum: this.#receiveMaximum };
  }

  protected connected(_packet: ConnackPacket): void {
    this.#open.clear();
    // The broker repeats what was not answered, and the answer goes where the question came from.
    this.#owed.length = 0;
    if (this.version === 4) this.#receiveMaximum = 65_535;
    if (this.#subscribed) return;
    this.send({
      type: PacketType.SUBSCRIBE,
      packetId: 1,
      properties: NO_PROPERTIES,
      subscriptions: this.wanted.map(({ filter, qos }) => ({
        filter,
        qos,
        noLocal: false,
        retainAsPublished: false,
        retainHandling: 0,
      })),
    });
  }

  protected handle(packet: Packet): void {
    if (packet.type === PacketType.SUBACK) this.#subscribed = true;
    else if (packet.type === PacketType.PUBLISH) this.#publish(packet);
    else if (packet.type === PacketType.PUBREL) {
      this.#open.add(packet.packetId);
      this.#taken.delete(packet.packetId);
      this.#owed.push({ type: PacketType.PUBCOMP, packetId: packet.packetId });
    } else this.world.fail(`${this.id}: packet type ${packet.type}`);
    if (this.eager) this.answer(Infinity);
  }

  #publish(packet: PublishPacket): void {
    const { qos, packetId, dup } = packet;
    const text = decoder.decode(packet.payload).split("|", 1)[0]!;
    const message = this.#messages(text);
    const fail = (what: string): never =>
      this.world.fail(`${this.id}: ${text} with QoS ${qos}, id ${packetId}, DUP ${dup}: ${what}`);
    if (message === undefined || message.topic !== packet.topic) return fail("never published");
    if (qos !== Math.min(message.qos, this.granted(packet.topic))) fail("another QoS than granted");
    if (packet.retain) fail("RETAIN");
    if (qos === 0) {
      if (dup) fail("DUP with QoS 0");
      return this.#deliver(message, false, fail);
    }
    if (packetId === 0) fail("no packet id");
    if (this.#open.has(packetId)) fail("this id is on its way already");
    this.#open.add(packetId);
    if (this.#open.size > this.#receiveMaximum) fail(`Receive Maximum is ${this.#receiveMaximum}`);
    if (dup && !this.link!.resumed) fail("DUP in a new session");
    const pending = qos === 1 ? this.#unanswered : this.#taken;
    const before = pending.get(packetId);
    if (before !== undefined) {
      if (before !== text) fail(`the id belongs to ${before}, which is not finished`);
      if (!dup) fail("repeated without DUP");
    }
    pending.set(packetId, text);
    this.#owed.push({ type: qos === 1 ? PacketType.PUBACK : PacketType.PUBREC, packetId });
    if (qos === 1 || before === undefined) this.#deliver(message, dup, fail);
  }

  #deliver(message: Published, dup: boolean, fail: (what: string) => never): void {
    let heard = this.heard.get(message.text);
    const granted = Math.min(message.qos, this.granted(message.topic));
    // QoS 0 waits for no commit: it may run ahead of what a process that is killed did not get to acknowledge, and
    // comes again when its publisher sends that again.
    const ahead = granted === 0 && this.world.killable;
    if (heard === undefined) {
      this.heard.set(message.text, heard = { fresh: 0, total: 0 });
      const stream = message.topic;
      const last = this.#last.get(stream) ?? -1;
      // Order is promised for what is not shared [MQTT-4.6.0-6]: what waited for a member that left goes to another
      // one, after later messages.
      if (!this.shares && !ahead && last >= message.sequence) fail(`after ${last}`);
      if (!ahead) this.#last.set(stream, message.sequence);
    }
    heard.total++;
    if (!dup) heard.fresh++;
    if (ahead) {
      if (heard.total > message.sends) fail("delivered more often than it was sent");
      return;
    }
    if (granted !== 1 && heard.total > 1) fail("delivered again");
    // With QoS 1 it comes again when its publisher sent it again, or when we are told so by DUP.
    if (heard.fresh > (message.qos === 1 ? message.sends : 1)) fail("delivered again without DUP");
  }

  /** Answers up to `count` of what it was asked. */
  answer(count: number): void {
    if (this.#owed.length > 0) this.world.note(`${this.id} answers ${Math.min(count, this.#owed.length)}`);
    for (let i = 0; i < count && this.#owed.length > 0; i++) {
      const at = this.disorderly ? this.world.random.below(this.#owed.length) : 0;
      const { type, packetId } = this.#owed.splice(at, 1)[0]!;
      if (type === PacketType.PUBACK) this.#unanswered.delete(packetId);
      if (type !== PacketType.PUBREC) this.#open.delete(packetId);
      this.send({ type, packetId, reasonCode: 0, properties: NO_PROPERTIES });
    }
  }
}
