/**
 * The hot path when hooks look at each publish: they see a packet, but as long as they let it pass as it is, its
 * bytes go out with its neighbours' as in `hot_path.ts`. What a hook answers to is handled by
 * `publish_with_hooks.ts`. Of the messages of one chunk several may pass one stage before the first of
 * them passes the next.
 */

import { NO_PROPERTIES } from "../../../packets/properties.ts";
import { PublishView } from "../../../hook/publish_view.ts";
import { Message } from "../../../session/message.ts";
import type { Session } from "../../../session/session.ts";
import { sameBytes, type TopicEntry } from "../../../topics/topic_table.ts";
import type { Connection } from "../../connection/connection.ts";
import { afterPublish, afterRead, goOn } from "./publish_with_hooks.ts";
import { readThroughHooks, tellProcessed } from "../../../hook/packet_events.ts";
import { mayPublishAtOnce } from "./right_to_publish.ts";
import { askPublish, tellPublished } from "../../../hook/publish_events.ts";
import { deliverRun, eachMessage, found, LONGEST } from "../../delivery/run.ts";
import { mustWait } from "./checks.ts";
import type { Routes } from "../../delivery/routes.ts";
import { CHECK } from "../../../core/slices.ts";

/** Payloads that hooks see share a copy of the chunk of this size: what one of them keeps holds on to no more. */
const SLAB = 4096;
const NO_BYTES = new Uint8Array(0);

/** Handles what it can from `at` on; the position of the first packet it left. */
export function hotPathWithHooks(connection: Connection, bytes: Uint8Array, at: number, end: number): number {
  const run = new Run(connection, bytes);
  at = run.walk(at, end);
  return connection.phase === "closed" ? end : at;
}

/** Packets of one topic that hooks have let pass, not delivered yet. */
class Run {
  readonly #connection: Connection;
  readonly #bytes: Uint8Array;
  /** (A hook may end the connection while some of its messages are still to be delivered.) */
  readonly #session: Session | null;
  #entry: TopicEntry<Routes> | null = null;
  #start = 0;
  #end = 0;
  #count = 0;
  /** Payloads for hooks, and where in the chunk they begin. */
  #slab = NO_BYTES;
  #slabAt = 0;
  /** When hooks look at each delivery: instead of bytes. */
  #messages: Message[] = [];
  /** Only when somebody wants to be told of them afterwards. */
  #packets: PublishView[] = [];

  /** What hooks want, looked up once a chunk. */
  readonly #reads: boolean;
  readonly #asks: boolean;
  readonly #told: boolean;
  readonly #singly: boolean;

  constructor(connection: Connection, bytes: Uint8Array) {
    this.#connection = connection;
    this.#bytes = bytes;
    this.#session = connection.session;
    const { delivers, encodes, on } = connection.broker.hooks;
    this.#reads = on.onPacketRead.length > 0;
    this.#asks = on.onPublish.length > 0;
    this.#told = on.onPublished.length + on.onPacketProcessed.length > 0;
    this.#singly = delivers || encodes;
  }

  walk(at: number, end: number): number {
    const connection = this.#connection;
    const bytes = this.#bytes;
    const { broker } = connection;
    const { hooks, slices, stats } = broker;
    const v5 = connection.version === 5;
    const limit = broker.limits.packetSize;
    let received = 0;
    while (end - at >= 5 && bytes[at] === 0x30) {
      let remaining = bytes[at + 1]!;
      let body = at + 2;
      if (remaining > 127) {
        const high = bytes[at + 2]!;
        if (high > 127 || high === 0) break;
        remaining = (remaining & 127) | (high << 7);
        body++;
      }
      const next = body + remaining;
      const topicAt = body + 2;
      const topicEnd = topicAt + ((bytes[body]! << 8) | bytes[body + 1]!);
      const payloadAt = v5 ? topicEnd + 1 : topicEnd;
      if (next > end || next - at > limit || payloadAt > next || topicEnd === topicAt) break;
      if (v5 && bytes[topicEnd] !== 0) break;
      let entry = this.#entry;
      const known = entry !== null && connection.allowedAt === hooks.generation &&
        this.#end - this.#start <= LONGEST && sameBytes(entry.raw, bytes, topicAt, topicEnd);
      if (!known) {
        this.#flush();
        entry = broker.distributor.topics.get(bytes, topicAt, topicEnd);
        // (Access control comes after onPacketRead.)
        if (entry === null || (!this.#reads && !mayPublishAtOnce(connection, entry))) break;
        if (mustWait(connection, entry, 0, false, end - at)) break;
      }
      if (next > this.#slabAt + this.#slab.length) this.#copy(at, next, end);
      const start = at;
      const from = payloadAt - this.#slabAt;
      at = next;
      received++;
      if (!this.#passes(entry!, from, next - this.#slabAt, known)) break;
      if (!known) this.#begin(entry!, start);
      this.#end = next;
      this.#count++;
      // (As far as it is known: what a hook does with it may take longer.)
      slices.units += 2;
      if (
        slices.units >= CHECK &&
        slices.overSince(connection.input.slice, connection.heardAt, connection.input) && at < end
      ) {
        connection.input.waitForSlice();
        break;
      }
    }
    stats.messagesReceived += received;
    stats.packetsReceived += received;
    this.#flush();
    if (received > 0) broker.publishTimes.distributed(connection.heardAt, 0);
    return at;
  }

  /** Hooks see packets in a copy: the chunk's memory is about to be overwritten. */
  #copy(at: number, next: number, end: number): void {
    this.#slab = new Uint8Array(Math.min(Math.max(SLAB, next - at), end - at));
    this.#slab.set(this.#bytes.subarray(at, at + this.#slab.length));
    this.#slabAt = at;
  }

  /** Hooks are asked about the packet. False: it goes another way than this one, or nowhere. */
  #passes(entry: TopicEntry<Routes>, from: number, to: number, known: boolean): boolean {
    const connection = this.#connection;
    const { hooks } = connection.broker;
    const client = connection.client!;
    const packet = new PublishView(entry.topic, this.#slab, from, to, 0, NO_PROPERTIES);
    if (this.#reads) {
      const read = readThroughHooks(hooks, client, packet);
      if (read !== packet) {
        this.#flush();
        afterRead(connection, packet, read, entry);
        return false;
      }
      if (connection.phase === "closed") return false;
      if (!known && !mayPublishAtOnce(connection, entry)) {
        goOn(connection, packet, entry);
        return false;
      }
    }
    if (this.#asks) {
      const asked = askPublish(hooks, client, packet);
      if (asked !== packet) {
        this.#flush();
        afterPublish(connection, packet, asked, entry);
        return false;
      }
    }
    if (connection.phase === "closed") return false;
    this.#remember(entry, packet, from, to);
    return true;
  }

  /** For hooks that look at deliveries, or are told afterwards. */
  #remember({ topic, raw }: TopicEntry<Routes>, packet: PublishView, from: number, to: number): void {
    if (this.#told) this.#packets.push(packet);
    if (!this.#singly) return;
    const { id } = this.#connection.client!;
    this.#messages.push(new Message(topic, raw, this.#slab, from, to, 0, false, id, true));
  }

  #begin(entry: TopicEntry<Routes>, at: number): void {
    this.#entry = entry;
    this.#start = this.#end = at;
  }

  /** All of them: hooks have let them pass, so none can wait. */
  #deliver(entry: TopicEntry<Routes>, routes: Routes, count: number): void {
    const connection = this.#connection;
    let at = this.#start;
    while (at < this.#end) {
      at = deliverRun(connection.broker, connection, entry, routes, this.#bytes, at, this.#end, count);
      count -= found.count;
    }
  }

  /** They go to their subscribers. */
  #flush(): void {
    const entry = this.#entry;
    const count = this.#count;
    this.#entry = null;
    this.#count = 0;
    if (entry === null || count === 0) return;
    const connection = this.#connection;
    const { broker } = connection;
    const session = this.#session;
    // (A hook may have changed who subscribes, or what access control says.)
    const routes = broker.distributor.router.of(entry);
    if (this.#messages.length > 0) {
      const messages = this.#messages;
      this.#messages = [];
      for (const message of messages) broker.distributor.distribute(message, entry, session);
    } else if (routes.pending !== null) {
      const deliver = (message: Message): boolean => {
        broker.distributor.distribute(message, entry, session);
        return true;
      };
      eachMessage(connection, entry, this.#bytes, this.#start, this.#end, deliver);
    } else if (routes.direct.length + routes.shared.length > 0) {
      this.#deliver(entry, routes, count);
    }
    const packets = this.#packets;
    if (packets.length === 0) return;
    this.#packets = [];
    const client = connection.client!;
    for (const packet of packets) {
      tellPublished(broker.hooks, client, packet);
      tellProcessed(broker.hooks, client, packet, null);
    }
  }
}
