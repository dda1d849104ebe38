/**
 * The one place where a publish leaves for its subscribers, whoever it comes from: a client, the program, a will, the server
 * itself.
 */

import { CHECK } from "../../core/slices.ts";
import type { RefusalKind } from "../../core/stats.ts";
import { headLength, INCOMPLETE, packetEnd } from "../../packets/fixed_header.ts";
import { type Reason, Reasons } from "../../packets/reason.ts";
import { decodeUtf8 } from "../../packets/utf8.ts";
import type { Message } from "../../session/message.ts";
import type { Session } from "../../session/session.ts";
import type { SubscriptionIndex } from "../../topics/subscription_index.ts";
import { sameBytes, type TopicEntry, TopicTable } from "../../topics/topic_table.ts";
import { deliverTo } from "./deliver.ts";
import { type FrameSource, Left } from "./frame_source.ts";
import type { Retained } from "./retained.ts";
import { Router, type Routes, type Subscriber } from "./routes.ts";
import { deliverRun, eachMessage, found, LONGEST, runEnd, type RunHost, WIDEST } from "./run.ts";

/** QoS 0, not retained, not a duplicate. */
const PUBLISH_QOS0 = 0x30;
/** Beside what `packetEnd` says: the packet is another one. */
const ANOTHER = -3;

const encoder = new TextEncoder();

export class Distributor {
  /** What is remembered of topics. */
  readonly topics: TopicTable<Routes>;
  readonly router: Router;
  readonly #core: RunHost;
  readonly #retained: Retained;
  #scratch = new Uint8Array(1024);

  constructor(core: RunHost, subscriptions: SubscriptionIndex<Subscriber>, retained: Retained) {
    this.#core = core;
    this.#retained = retained;
    this.router = new Router(subscriptions, core.hooks);
    this.topics = new TopicTable<Routes>({
      maximumLength: core.limits.topicLength,
      maximumLevels: core.limits.topicLevels,
      decode: decodeUtf8,
      locate: (topic, key) => subscriptions.locate(topic, key),
    });
  }

  /** What is remembered of a topic; null when it is not one that may be published to. */
  topicEntry(topic: string): TopicEntry<Routes> | null {
    if (this.#scratch.length < topic.length * 3) this.#scratch = new Uint8Array(topic.length * 3);
    const { written, read } = encoder.encodeInto(topic, this.#scratch);
    return read === topic.length ? this.topics.get(this.#scratch, 0, written) : null;
  }

  /**
   * An accepted message goes where it belongs: retained, and to its subscribers. How many it went to, or null
   * when there is no room to retain it; then it went nowhere.
   */
  distribute(message: Message, entry: TopicEntry<Routes>, origin: Session | null): number | null {
    if (message.retain) {
      const { overload, stats } = this.#core;
      if (overload.high && this.#retained.grows(message)) {
        stats.refused.memory++;
        stats.messagesDropped++;
        return null;
      }
      if (this.#retained.full(message)) {
        stats.refused.retained++;
        stats.messagesDropped++;
        return null;
      }
      this.#retained.store(message);
    }
    const routes = this.router.of(entry);
    if (routes.pending === null) return deliverTo(this.#core, message, routes, origin);
    // Access control is still being asked about somebody, and this message's publisher does not wait.
    message.keep();
    this.#distributeLater(message, entry, origin, routes.pending);
    return 1;
  }

  #distributeLater(
    message: Message,
    entry: TopicEntry<Routes>,
    origin: Session | null,
    known: Promise<void>,
  ): void {
    void known.then(() => {
      // (Somebody may have subscribed meanwhile about whom it is asked now.)
      const routes = this.router.of(entry);
      if (routes.pending === null) deliverTo(this.#core, message, routes, origin);
      else this.#distributeLater(message, entry, origin, routes.pending);
    });
  }

  // --- messages from elsewhere, as bytes ---

  /**
   * PUBLISH packets as a 3.1.1 client sends them, QoS 0 and not retained, go to their subscribers; neighbours with the same
   * topic as one run of bytes. Returns where the first one begins that was left: `source.left` says why. The memory is the
   * caller's again afterwards. The same back-pressure, slices and limits hold as for a client that publishes, and nothing in
   * the bytes makes it throw: a frame that is none, or whose topic is none, is dropped, counted, and `source.refused` is told.
   */
  frames(source: FrameSource, bytes: Uint8Array, at: number, end: number): number {
    const { clock, limits, slices } = this.#core;
    if (slices.defers(end - at)) return this.#waitForSlice(source, at);
    const began = clock.monotonic();
    let entry: TopicEntry<Routes> | null = null;
    while (at < end) {
      const next = bytes[at] === PUBLISH_QOS0 ? packetEnd(bytes, at, end) : ANOTHER;
      if (next < 0 || next > end) return this.#stop(source, next < 0 ? next : INCOMPLETE, at, next);
      const name = at + headLength(next - at) + 2;
      const rest = name > next ? name : name + ((bytes[name - 2]! << 8) | bytes[name - 1]!);
      if (next - at > limits.packetSize) {
        this.#refuse(source, "packetTooLarge", Reasons.packetTooLarge);
        at = next;
      } else if (rest > next) {
        this.#refuse(source, "malformed", Reasons.malformedPacket);
        at = next;
      } else {
        if (entry === null || !sameBytes(entry.raw, bytes, name, rest)) {
          entry = this.topics.get(bytes, name, rest);
        }
        if (entry === null) {
          this.#refuse(source, "topic", Reasons.topicNameInvalid);
          at = next;
        } else {
          const routes = this.router.of(entry);
          if (this.#mustWait(source, routes)) return at;
          at = this.#deliverFrames(source, entry, routes, bytes, at, next, end);
        }
      }
      if (slices.units >= CHECK && slices.overSince(source.slice, began, source) && at < end) {
        return this.#waitForSlice(source, at);
      }
    }
    source.left = Left.NOTHING;
    return at;
  }

  /** A packet of the topic, which ends at `next`, and its neighbours; where they end. */
  #deliverFrames(
    source: FrameSource,
    entry: TopicEntry<Routes>,
    routes: Routes,
    bytes: Uint8Array,
    at: number,
    next: number,
    end: number,
  ): number {
    const { hooks, limits, pressure, slices } = this.#core;
    const receivers = routes.direct.length;
    const longest = receivers < WIDEST / LONGEST ? LONGEST : WIDEST / receivers;
    let last = runEnd(entry.raw, false, limits.packetSize, bytes, next, end, at + longest);
    let count = found.count + 1;
    if (receivers > 0 || routes.shared.length > 0) {
      if (hooks.delivers) {
        const { rises } = pressure;
        last = eachMessage(source, entry, bytes, at, last, (message) => {
          this.distribute(message, entry, null);
          return pressure.rises === rises;
        });
      } else last = deliverRun(this.#core, source, entry, routes, bytes, at, last, count);
      ({ count } = found);
    }
    source.taken += count;
    slices.units += 1 + (receivers >> 3) + ((((last - at) >> 6) * receivers) >> 6);
    return last;
  }

  /** As `mustWait` of a client that publishes. */
  #mustWait(source: FrameSource, routes: Routes): boolean {
    const { pending } = routes;
    const { pressure } = this.#core;
    if (pending === null && !(pressure.active && pressure.mustWait(routes, source, Infinity))) return false;
    source.left = Left.WAITING;
    source.waitForReceiver();
    if (pending !== null) void pending.then(() => source.proceed());
    return true;
  }

  #waitForSlice(source: FrameSource, at: number): number {
    source.left = Left.WAITING;
    this.#core.slices.wait(source);
    return at;
  }

  /** There is no whole frame, for that reason; `next`: where it ends, if that is known. */
  #stop(source: FrameSource, why: number, at: number, next: number): number {
    if (why === ANOTHER) source.left = Left.OTHER;
    else if (why === INCOMPLETE && next - at <= this.#core.limits.packetSize) source.left = Left.INCOMPLETE;
    else {
      source.left = Left.BROKEN;
      if (why === INCOMPLETE) this.#refuse(source, "packetTooLarge", Reasons.packetTooLarge);
      else this.#refuse(source, "malformed", Reasons.malformedPacket);
    }
    return at;
  }

  #refuse(source: FrameSource, why: RefusalKind, reason: Reason): void {
    const { slices, stats } = this.#core;
    stats.refused[why]++;
    stats.messagesDropped++;
    slices.units++;
    source.refused(reason);
  }
}
