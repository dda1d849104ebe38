/**
 * A random walk: publishers and subscribers with persistent sessions do everything clients do, in any order, and
 * at the end everything has arrived as the standard promises. The same seed walks the same way.
 */

import assert from "node:assert/strict";
import { setImmediate } from "node:timers";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import type { Hook, Opinion } from "../../src/hook/hook.ts";
import type { MaybePromise } from "../../src/core/maybe_promise.ts";
import type { QoS } from "../../src/packets/types.ts";
import { TestBroker, type TestBrokerOptions } from "../harness/broker.ts";
import { ModelStorage } from "../harness/model_storage.ts";
import { settle } from "../harness/time.ts";
import { Bystander } from "./bystander.ts";
import type { Peer, World } from "./peer.ts";
import { type Published, Publisher } from "./publisher.ts";
import { Random } from "./random.ts";
import { SHARED, Subscriber, type Wanted } from "./subscriber.ts";

/** How many notes a failure shows. */
const NOTES = 60;
/** How often everybody is given the chance to finish before something counts as lost. */
const PATIENCE = 100;

const WANTED: readonly (readonly Wanted[])[] = [
  [{ filter: "t/#", qos: 2 }],
  [{ filter: "t/+/1", qos: 1 }, { filter: "t/#", qos: 0 }],
  [{ filter: "t/+/1", qos: 0 }, { filter: "t/+/2", qos: 1 }, { filter: "t/#", qos: 2 }],
  [{ filter: "t/+/2", qos: 1 }, { filter: "+/+/+", qos: 2 }],
  [{ filter: "t/p0/+", qos: 1 }, { filter: "t/p1/1", qos: 2 }],
  [{ filter: "t/p0/0", qos: 0 }, { filter: "t/p0/1", qos: 1 }, { filter: "t/p0/2", qos: 2 }],
];

/** Answers some questions at once and some later, as a database does. */
function hesitant(random: Random): Hook {
  const perhaps = <T>(answer: T): MaybePromise<T> =>
    random.oneIn(3) ? new Promise((resolve) => setImmediate(() => resolve(answer))) : answer;
  return {
    id: "hesitant",
    onAclCheck: (_client, action) =>
      action === "publish" || action === "subscribe" ? perhaps<Opinion>("allow") : "allow",
    onPublish: () => perhaps(undefined),
    onSubscribe: (_client, packet) => perhaps(packet),
  };
}

type Step = () => void | Promise<void>;

export class Walk implements World {
  readonly random: Random;
  readonly #options: TestBrokerOptions;
  #test: TestBroker;
  /** Null: everything is in memory, and the broker lives as long as the walk. */
  #storage: ModelStorage | null;
  readonly #notes: string[] = [];
  readonly #publishers: Publisher[];
  readonly #subscribers: Subscriber[];
  readonly #bystanders: Bystander[];
  /** One message in so many is large. */
  readonly #largeIn: number;
  readonly #steps: readonly (readonly [number, Step])[];
  /** The first thing that was wrong: it may be found where nobody can be told. */
  #wrong: Error | null = null;

  constructor(seed: number, stored: boolean = false) {
    const random = this.random = new Random(seed);
    this.#storage = stored ? new ModelStorage() : null;
    this.#options = {
      hooks: random.oneIn(3) ? [hesitant(random), new AllowAll()] : [new AllowAll()],
      limits: {
        outgoingBytes: 4096,
        queuedMessages: random.pick([600, 5000]),
        inflight: random.pick([3, 20, 1024]),
      },
      capabilities: { receiveMaximum: 60 },
    };
    this.#test = new TestBroker(this.#options);
    const version = (): 4 | 5 => random.pick([4, 5] as const);
    this.#publishers = [0, 1].map((n) => new Publisher(this, `p${n}`, version()));
    const find = (text: string): Published | undefined => {
      const [id, sequence] = text.split(":");
      return this.#publishers.find((p) => p.id === id)?.messages[Number(sequence)];
    };
    this.#subscribers = [0, 1, 2, 3, 4].map((n) => {
      const wanted = n < 3 ? random.pick(WANTED) : [{ filter: SHARED, qos: 2 } as const];
      const subscriber = new Subscriber(this, `s${n}`, version(), wanted, find);
      subscriber.disorderly = random.oneIn(3);
      return subscriber;
    });
    this.#largeIn = random.pick([2, 8, 50]);
    this.#bystanders = [0, 1].map((n) => new Bystander(this, `b${n}`, version()));
    this.#steps = this.#choices();
  }

  get killable(): boolean {
    return this.#storage !== null;
  }

  get broker(): World["broker"] {
    return this.#test.broker;
  }

  readonly onError = (error: Error): void => {
    this.#wrong ??= new Error(`Something threw out of a connection: ${error.message}`, { cause: error });
  };

  readonly onWrong = (thrown: unknown): void => {
    this.#wrong ??= thrown instanceof Error ? thrown : new Error(String(thrown));
  };

  note(text: string): void {
    this.#notes.push(text);
    if (this.#notes.length > NOTES) this.#notes.shift();
  }

  fail(text: string): never {
    this.#wrong ??= new Error(text);
    throw this.#wrong;
  }

  /** Walks so many steps and comes to an end. */
  async run(steps: number): Promise<void> {
    let step = 0;
    try {
      await this.#begin();
      for (; step < steps; step++) {
        await this.random.weighted(this.#steps)();
        if (this.#wrong !== null) throw this.#wrong;
      }
      await this.#finish();
      this.#nothingLost();
      await this.#end();
      await this.#test[Symbol.asyncDispose]();
    } catch (thrown) {
      const error = this.#wrong ?? thrown;
      const what = error instanceof Error ? error.message : String(error);
      const notes = this.#notes.map((n) => `  ${n}`).join("\n");
      const where = `Walk with seed ${this.random.seed}, step ${step} of ${steps}`;
      throw new Error(`${where}: ${what}\nWhat happened before:\n${notes}`, { cause: error });
    }
  }

  get #peers(): Peer[] {
    return [...this.#publishers, ...this.#subscribers, ...this.#bystanders];
  }

  /** The process ends at once, and another one finds what was committed. */
  async #crash(): Promise<void> {
    const storage = this.#storage!;
    const dead = this.#test;
    this.#storage = ModelStorage.after(storage);
    this.note("kill -9");
    for (const peer of this.#peers) peer.leave("reset");
    for (const peer of this.#peers) peer.left.length = 0;
    storage.mode = "now";
    storage.release();
    await dead[Symbol.asyncDispose]();
    this.#test = await TestBroker.with(this.#storage, this.#options);
  }

  #hesitate(): void {
    const storage = this.#storage!;
    storage.mode = this.random.oneIn(2) ? "later" : "now";
    storage.release();
  }

  async #begin(): Promise<void> {
    if (this.#storage !== null) {
      await this.#test[Symbol.asyncDispose]();
      this.#test = await TestBroker.with(this.#storage, this.#options);
    }
    for (const peer of this.#peers) peer.connect();
    await settle();
    for (const s of this.#subscribers) assert.ok(s.subscribed, `${s.id} is not subscribed`);
  }

  #choices(): (readonly [number, Step])[] {
    const { random } = this;
    const turn = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) await Promise.resolve();
    };
    return [
      [30, () => this.#publish()],
      [8, () => {
        const p = random.pick(this.#publishers);
        if (p.ready) p.goOn();
      }],
      [25, () => {
        const s = random.pick(this.#subscribers);
        if (s.ready) s.answer(random.between(1, 6));
      }],
      [12, () => turn(random.between(1, 8))],
      [10, () => settle()],
      [5, () => this.#test.clock.advance(random.between(10, 300))],
      [6, () => random.pick(this.#peers).leave(random.pick(["disconnect", "close", "reset"] as const))],
      [12, () => {
        const peer = random.pick(this.#peers);
        if (peer.link === null) peer.connect();
      }],
      [3, () => {
        const peer = random.pick(this.#peers);
        if (peer.ready) peer.connect();
      }],
      [4, () => random.pick(this.#peers).stall()],
      [7, () => random.pick(this.#peers).read()],
      [8, () => {
        const b = random.pick(this.#bystanders);
        if (b.ready) b.change();
      }],
      [3, () => this.#recount()],
      ...(this.#storage === null ? [] : [
        [1, () => this.#crash()],
        [15, () => this.#hesitate()],
      ] as const),
    ];
  }

  #publish(): void {
    const { random } = this;
    const publisher = random.pick(this.#publishers);
    if (!publisher.ready) return;
    const count = random.oneIn(4) ? random.between(2, 8) : 1;
    for (let i = 0; i < count && !publisher.full; i++) {
      publisher.publish(
        random.below(3) as QoS,
        random.oneIn(this.#largeIn) ? random.below(1500) : random.below(20),
      );
    }
  }

  /** The counters say what counting says. */
  async #recount(): Promise<void> {
    this.#storage?.release();
    await settle();
    const { stats, sessions, connections } = this.broker;
    let [inflight, queued, subscriptions] = [0, 0, 0];
    for (const session of sessions.all()) {
      const onTheWay = [...session.inflight()].map((d) => d.packetId);
      assert.equal(new Set(onTheWay).size, onTheWay.length, "one packet id twice");
      assert.equal(session.inflightCount, onTheWay.length);
      // (Of a session that is kept only the beginning of its queue need be in memory.)
      if (!session.kept) {
        assert.equal(session.queuedCount, [...session.waiting ?? []].length);
        let bytes = 0;
        for (const delivery of session.waiting ?? []) bytes += delivery.message.size;
        assert.equal(session.waiting?.bytes ?? 0, bytes, "bytes that wait");
      }
      inflight += session.inflightCount;
      queued += session.queuedCount;
      subscriptions += session.subscriptions.size;
    }
    const open = [...connections].filter((c) => c.phase === "open").length;
    assert.deepEqual(
      [stats.inflight, stats.queued, stats.subscriptions, stats.connections, stats.clientsConnected],
      [inflight, queued, subscriptions, connections.size, open],
      "inflight, queued, subscriptions, connections, clients",
    );
  }

  /** AllCandidates comes back and finishes. */
  async #finish(): Promise<void> {
    this.note("everybody finishes");
    if (this.#storage !== null) this.#storage.mode = "now";
    this.#storage?.release();
    for (const b of this.#bystanders) b.leave("reset");
    for (const s of this.#subscribers) s.eager = true;
    const working: (Publisher | Subscriber)[] = [...this.#publishers, ...this.#subscribers];
    for (let round = 0; round < PATIENCE; round++) {
      for (const peer of working) {
        if (peer.link === null) peer.connect();
        peer.read();
        if (!peer.ready) continue;
        if (peer instanceof Publisher) peer.goOn();
        else peer.answer(Infinity);
      }
      await settle();
      if (this.#wrong !== null) throw this.#wrong;
      this.#test.clock.advance(60);
      const { inflight, queued } = this.broker.stats;
      const busy = this.#publishers.some((p) => p.unfinished > 0) ||
        this.#subscribers.some((s) => s.owes > 0);
      if (!busy && inflight === 0 && queued === 0) {
        await this.#recount();
        return;
      }
    }
    const open = working.map((w) => `${w.id}: ${w instanceof Publisher ? w.unfinished : w.owes}`).join(", ");
    const { inflight, queued } = this.broker.stats;
    this.fail(`it does not come to an end: ${inflight} inflight, ${queued} queued, unfinished ${open}`);
  }

  #nothingLost(): void {
    const { stats } = this.broker;
    assert.equal(stats.droppedQueueFull, 0, "the queues were too short for this walk");
    assert.deepEqual(this.#test.complaints, []);
    const members = this.#subscribers.filter((s) => s.shares);
    for (const message of this.#publishers.flatMap((p) => p.messages)) {
      for (const subscriber of this.#subscribers) {
        if (subscriber.shares) continue;
        const qos = Math.min(message.qos, subscriber.granted(message.topic));
        if (qos > 0 && !subscriber.heard.has(message.text)) {
          this.fail(`${subscriber.id} never got ${message.text}`);
        }
      }
      this.#shared(message, members);
    }
  }

  /** One member of the group got it, and no other. [MQTT-4.8.2-4] */
  #shared(message: Published, members: readonly Subscriber[]): void {
    const heard = members.map((m) => m.heard.get(message.text)).filter((h) => h !== undefined);
    const fresh = heard.reduce((sum, h) => sum + h.fresh, 0);
    if (message.qos > 0 && heard.length === 0) this.fail(`nobody of the group got ${message.text}`);
    if (message.qos !== 1 && heard.length > 1) this.fail(`two of the group got ${message.text}`);
    if (fresh > (message.qos === 1 ? message.sends : 1)) this.fail(`the group got ${message.text} again`);
  }

  /** The sessions end, and nothing is left of them. */
  async #end(): Promise<void> {
    for (const peer of this.#peers) {
      peer.leave("disconnect");
      for (const link of peer.left) link.stream.resume();
    }
    await this.#test.advance(3);
    this.#test.clock.advance(3_600_000);
    // 3.1.1 sessions have no end of their own.
    for (const session of [...this.broker.sessions.all()]) this.broker.sessions.end(session);
    await this.#test.advance(3);
    for (const peer of this.#peers) {
      for (const link of peer.left) assert.ok(link.ended, `a connection of ${peer.id} was not closed`);
    }
    const { stats, sessions } = this.broker;
    assert.equal(sessions.size, 0);
    if (this.#storage !== null) assert.equal(this.#storage.committed.sessions.size, 0, "kept sessions");
    assert.deepEqual(
      [stats.inflight, stats.queued, stats.subscriptions, stats.connections, stats.clientsConnected],
      [0, 0, 0, 0, 0],
    );
  }
}
