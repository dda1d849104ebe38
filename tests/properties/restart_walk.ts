/**
 * A random walk through time: clients come, leave and stay away while the server is killed or closed and starts again, at
 * once or much later. Sessions end when they have to and not before, what waits arrives in order unless it has expired,
 * and each will is published once, at its time. The same seed walks the same way.
 */

import assert from "node:assert/strict";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import type { Properties } from "../../src/packets/properties.ts";
import type { Will } from "../../src/packets/types.ts";
import { settle, TestBroker, type TestClient } from "../harness/mod.ts";
import { ModelStorage } from "../harness/model_storage.ts";
import { Random } from "./random.ts";
import { type ExpectedWill, SLACK, type Span, Station } from "./station.ts";

/** When a server was last alive is known so exactly. */
const ALIVE_MS = 10_000;
/** After a restart wills wait so long for clients that were there. */
const RETURN_MS = 1000;
const NOTES = 40;

const FOREVER = { clientId: "watcher", cleanStart: false, properties: { sessionExpiryInterval: 0xffffffff } };

type Step = () => void | Promise<void>;

export class RestartWalk {
  readonly #random: Random;
  #storage: ModelStorage = new ModelStorage();
  #test!: TestBroker;
  #watcher!: TestClient;
  #publisher!: TestClient;
  readonly #stations: readonly Station[];
  /** By text. */
  readonly #wills: Map<string, ExpectedWill> = new Map();
  readonly #notes: string[] = [];
  readonly #steps: readonly (readonly [number, Step])[];
  #count = 0;

  constructor(seed: number) {
    const random = this.#random = new Random(seed);
    this.#stations = [0, 1, 2, 3].map((n) => new Station(`s${n}`, random.pick([4, 5, 5] as const)));
    const any = (): Station => random.pick(this.#stations);
    this.#steps = [
      [20, () => this.#connect(any())],
      [30, () => this.#publish(any())],
      [10, () => this.#lose(any())],
      [6, () => this.#disconnect(any())],
      [20, () => this.#advance(random.between(1, 30))],
      [4, () => this.#advance(random.between(60, 400))],
      [6, () => this.#crash()],
      [3, () => this.#close()],
    ];
  }

  async run(steps: number): Promise<void> {
    let step = 0;
    try {
      await this.#start(1_700_000_000_000, false);
      for (; step < steps; step++) {
        await this.#random.weighted(this.#steps)();
        await this.#check();
      }
      await this.#advance(2000);
      await this.#check();
      await this.#test[Symbol.asyncDispose]();
    } catch (thrown) {
      const what = thrown instanceof Error ? thrown.message : String(thrown);
      const notes = this.#notes.map((note) => `  ${note}`).join("\n");
      const where = `Walk with seed ${this.#random.seed}, step ${step} of ${steps}`;
      throw new Error(`${where}: ${what}\nWhat happened before:\n${notes}`, { cause: thrown });
    }
  }

  get #now(): number {
    return this.#test.clock.now();
  }

  #note(text: string): void {
    this.#notes.push(`${((this.#now - 1_700_000_000_000) / 1000).toFixed(2)} ${text}`);
    if (this.#notes.length > NOTES) this.#notes.shift();
  }

  // --- what clients do ---

  async #connect(station: Station): Promise<void> {
    const random = this.#random;
    if (station.client !== null) this.#gone(station);
    const { version, id } = station;
    const cleanStart = random.oneIn(5);
    const expiry = version === 4 ? (cleanStart ? 0 : Infinity) : random.pick([0, 5, 40, 40, 300, Infinity]);
    const will = random.oneIn(2) ? this.#newWill(version) : undefined;
    const properties: Properties = version === 4 || expiry === 0
      ? {}
      : { sessionExpiryInterval: expiry === Infinity ? 0xffffffff : expiry };
    this.#note(
      `${id} connects, clean ${cleanStart}, expiry ${expiry}` +
        (will === undefined ? "" : `, will ${will.text} after ${will.delay}`),
    );
    const client = this.#test.client(version);
    const options = {
      clientId: id,
      cleanStart,
      properties,
      ...(will === undefined ? {} : { will: will.will }),
    };
    const { sessionPresent } = await client.connect(options);
    assert.equal(sessionPresent, station.present && !cleanStart, `Session Present of ${id}`);
    this.#pendingWill(station, sessionPresent);
    if (!sessionPresent) station.over();
    station.client = client;
    station.present = true;
    station.left = null;
    station.expiry = expiry;
    station.kept ||= expiry > 0;
    station.will = will ?? null;
    await settle();
    if (!sessionPresent) await client.subscribe(`t/${id}`, 2);
    else if (random.oneIn(4)) {
      this.#note(`${id} leaves at once`);
      for (const one of station.queue) one.sent = true;
      await this.#lose(station);
    } else await this.#receive(station);
  }

  #newWill(version: 4 | 5): { readonly text: string; readonly delay: number; readonly will: Will } {
    const text = `w${this.#count++}`;
    const delay = version === 5 ? this.#random.pick([0, 3, 20, 100]) : 0;
    const payload = new TextEncoder().encode(text);
    const properties = version === 5 ? { willDelayInterval: delay } : {};
    return { text, delay, will: { topic: "will", payload, qos: 1, retain: false, properties } };
  }

  /** The client is back. Its will is no longer due if the session goes on. */
  #pendingWill(station: Station, goesOn: boolean): void {
    const text = this.#pending.get(station);
    this.#pending.delete(station);
    const will = text === undefined ? undefined : this.#wills.get(text);
    if (will === undefined) return;
    if (goesOn) {
      if (will.atOnce) return;
      if (this.#now < will.min) this.#wills.delete(will.text);
      else this.#wills.set(will.text, { ...will, optional: true });
    } else {
      const min = Math.min(will.min, this.#now);
      this.#wills.set(will.text, { ...will, min, max: Math.min(will.max, this.#now + SLACK) });
    }
  }

  /** Whose will waits for its time, or for being seen. */
  readonly #pending: Map<Station, string> = new Map();

  /** All that waits, in order. */
  async #receive(station: Station): Promise<void> {
    const { client, queue, id } = station;
    const now = this.#now;
    const found: string[] = [];
    while (client!.waiting.length > 0) {
      const { text, properties } = await client!.message();
      found.push(text);
      const one = queue.find((waiting) => waiting.text === text);
      assert.ok(one !== undefined, `${id} got "${text}" again or for nothing`);
      if (station.version === 5 && one.expires !== Infinity && one.expires > now) {
        const left = Math.ceil((one.expires - now) / 1000);
        assert.ok(Math.abs(properties.messageExpiryInterval! - left) <= 1, `what is left of "${text}"`);
      }
      await settle();
    }
    const wanted = queue.filter(({ expires, sent, text }) => expires > now || (sent && found.includes(text)));
    assert.deepEqual(found, wanted.map(({ text }) => text), `what ${id} got`);
    station.queue = [];
  }

  async #publish(station: Station): Promise<void> {
    const random = this.#random;
    const count = random.oneIn(6) ? random.between(20, 90) : 1;
    const seconds = random.pick([0, 0, 4, 60]);
    const expires = seconds === 0 ? Infinity : this.#now + seconds * 1000;
    this.#note(`${count} messages for ${station.id}, expiry ${seconds}`);
    for (let i = 0; i < count; i++) {
      const qos = random.pick([1, 2] as const);
      const text = `m${this.#count++}`;
      const properties = seconds === 0 ? {} : { messageExpiryInterval: seconds };
      await this.#publisher.published(`t/${station.id}`, text, { qos, properties });
      if (station.present) station.queue.push({ text, qos, expires, sent: false });
    }
    await settle();
    if (station.client !== null) await this.#receive(station);
  }

  /** The connection is over, for the client as for the server. */
  #gone(station: Station, when: Span = { min: this.#now, max: this.#now }): void {
    const will = station.lost(when);
    if (will === null) return;
    this.#wills.set(will.text, will);
    this.#pending.set(station, will.text);
  }

  async #lose(station: Station): Promise<void> {
    const { client } = station;
    if (client === null) return;
    this.#note(`${station.id} is lost`);
    await client.lose();
    this.#gone(station);
    await settle();
  }

  async #disconnect(station: Station): Promise<void> {
    const { client, version } = station;
    if (client === null) return;
    const withWill = version === 5 && this.#random.oneIn(2);
    const expiry = version === 5 && station.expiry > 0 && this.#random.oneIn(2)
      ? this.#random.pick([0, 10, 200])
      : null;
    this.#note(
      `${station.id} disconnects${withWill ? " with its will" : ""}, expiry ${expiry ?? "as it is"}`,
    );
    client.disconnect(withWill ? 4 : 0, expiry === null ? {} : { sessionExpiryInterval: expiry });
    if (expiry !== null) station.expiry = expiry;
    if (!withWill) station.will = null;
    await settle();
    this.#gone(station);
  }

  // --- what becomes of the server ---

  async #start(at: number, restarted: boolean): Promise<void> {
    this.#test = await TestBroker.with(this.#storage, { at, hooks: [new AllowAll()] });
    await settle();
    this.#publisher = await this.#test.connected(5, { clientId: "publisher" });
    this.#watcher = this.#test.client(5);
    const { sessionPresent } = await this.#watcher.connect(FOREVER);
    assert.equal(sessionPresent, restarted, "Session Present of the watcher");
    if (!restarted) await this.#watcher.subscribe("will", 1);
  }

  async #advance(seconds: number): Promise<void> {
    this.#note(`${seconds} s`);
    await this.#test.advance(seconds);
  }

  async #crash(): Promise<void> {
    const died = this.#now;
    const dead = this.#test;
    const down = this.#random.pick([0, 1, 20, 500]) * 1000;
    this.#note(`kill -9, down for ${down / 1000} s`);
    this.#storage = ModelStorage.after(this.#storage);
    await dead[Symbol.asyncDispose]();
    const start = died + down;
    for (const station of this.#stations) {
      if (station.client !== null) this.#cutOff(station, { min: died - ALIVE_MS, max: died }, start);
    }
    this.#postpone(start);
    await this.#start(start, true);
  }

  /** The server has died under its connection. */
  #cutOff(station: Station, when: Span, start: number): void {
    const { kept, expiry } = station;
    this.#gone(station, when);
    const text = this.#pending.get(station);
    const will = text === undefined ? undefined : this.#wills.get(text);
    if (will === undefined) return;
    // Of a session that is not kept nothing is known.
    if (!kept) this.#wills.delete(will.text);
    else {
      const max = Math.max(will.max, start + RETURN_MS + SLACK);
      this.#wills.set(will.text, { ...will, max, optional: expiry === 0, atOnce: false });
    }
  }

  async #close(): Promise<void> {
    const at = this.#now;
    const down = this.#random.pick([0, 1, 20, 500]) * 1000;
    this.#note(`closed, down for ${down / 1000} s`);
    for (const station of this.#stations) if (station.client !== null) this.#gone(station);
    await this.#test[Symbol.asyncDispose]();
    this.#storage = ModelStorage.after(this.#storage);
    this.#postpone(at + down);
    await this.#start(at + down, true);
  }

  /** What was due while no server ran is done when one starts. */
  #postpone(start: number): void {
    for (const will of this.#wills.values()) {
      this.#wills.set(will.text, { ...will, max: Math.max(will.max, start + SLACK) });
    }
  }

  // --- what has to be true ---

  async #check(): Promise<void> {
    await settle();
    const now = this.#now;
    while (this.#watcher.waiting.length > 0) {
      const { text } = await this.#watcher.message();
      const will = this.#wills.get(text);
      assert.ok(will !== undefined, `The will "${text}" was published again, or should not have been`);
      assert.ok(now >= will.min, `The will "${text}" was published ${will.min - now} ms too early`);
      this.#wills.delete(text);
      await settle();
    }
    for (const { text, max, optional } of this.#wills.values()) {
      assert.ok(
        optional || now <= max,
        `The will "${text}" was not published, ${now - max} ms after its time`,
      );
    }
    for (const station of this.#stations) this.#checkSession(station, now);
  }

  #checkSession(station: Station, now: number): void {
    const there = this.#test.broker.sessions.get(station.id) !== undefined;
    const { end, id } = station;
    if (there && !station.present) assert.fail(`${id} has a session that is over`);
    if (there && end !== null && now > end.max) {
      assert.fail(`${id} has a session ${now - end.max} ms after its end`);
    }
    if (there || !station.present) return;
    if (end === null || now < end.min) assert.fail(`${id} has lost its session`);
    station.over();
  }
}
