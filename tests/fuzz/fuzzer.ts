/** Lets many connections talk at once, and looks at what comes of it. */

import type { Random } from "../properties/random.ts";
import { Conversation } from "./conversation.ts";
import { replayText } from "./replay.ts";
import { type Script, script } from "./script.ts";
import type { Rest, Target } from "./target.ts";
import { Witness } from "./witness.ts";

/** Rounds between two messages of the witnesses. */
const BEAT = 8;
/** Connections that stay open while others come and go. */
const KEPT = 20;

/** What was found, with everything that is needed to find it again. */
export class Finding extends Error {
  readonly replay: string;
  constructor(what: string, talked: readonly Conversation[]) {
    super(what);
    this.replay = replayText(talked.map((c) => c.sent));
  }
}

export class Fuzzer {
  readonly #target: Target;
  readonly #random: Random;
  readonly #witness: Witness;
  #kept: Conversation[] = [];
  /** Of the round that is on. */
  #talking: Conversation[] = [];
  #rounds = 0;
  packets = 0;
  connections = 0;
  readonly outcomes: Map<string, number> = new Map();

  constructor(target: Target, random: Random) {
    this.#target = target;
    this.#random = random;
    this.#witness = new Witness(target, `w${random.seed}`);
  }

  /** Milliseconds the witnesses' messages took. */
  get times(): readonly number[] {
    return this.#witness.times;
  }

  async begin(): Promise<void> {
    const wrong = await this.#witness.begin();
    if (wrong !== null) this.#found(wrong);
  }

  /** At least so many packets more. */
  async run(packets: number): Promise<void> {
    const end = this.packets + packets;
    while (this.packets < end) {
      const width = this.#random.between(1, this.#target.width);
      await this.round(Array.from({ length: width }, () => script(this.#random)));
    }
  }

  /** These, all at once. */
  async round(scripts: readonly Script[]): Promise<void> {
    const r = this.#random;
    const talking = this.#talking = scripts.map((s) => new Conversation(this.#target, s));
    for (let open = talking; open.length > 0; open = open.filter((c) => !c.over)) {
      for (let n = r.between(1, 8); n > 0; n--) r.pick(open).say();
      if (r.oneIn(3)) await this.#target.turn();
    }
    this.connections += talking.length;
    for (const c of talking) {
      await this.#conclude(c);
      this.packets += c.packets;
    }
    if (++this.#rounds % BEAT === 0) await this.#beat();
    this.#look();
    this.#keep(talking.filter((c) => !c.ended));
  }

  async #conclude(c: Conversation): Promise<void> {
    if (!c.ended && c.script.kind !== "replay" && this.#random.oneIn(10)) {
      // In the middle of everything.
      c.leave(this.#random);
      this.#count(`${c.script.kind}: left`);
      return;
    }
    const end = await c.conclude(this.#target);
    if ("wrong" in end) this.#found(`A connection (${c.script.kind}): ${end.wrong}`);
    this.#count(`${c.script.kind}: ${end.outcome}`);
  }

  /** Some stay, for others to meet; whoever was kept longest goes. */
  #keep(open: readonly Conversation[]): void {
    for (const c of open) {
      if (this.#random.oneIn(2)) this.#kept.push(c);
      else c.leave(this.#random);
    }
    while (this.#kept.length > KEPT) this.#kept.shift()!.leave(this.#random);
    this.#kept = this.#kept.filter((c) => !c.ended);
  }

  async #beat(): Promise<void> {
    const wrong = await this.#witness.beat();
    if (wrong !== null) this.#found(wrong);
  }

  #look(): void {
    const [fault] = this.#target.faults;
    if (fault !== undefined) this.#found(fault);
  }

  #count(outcome: string): void {
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  #found(what: string): never {
    // What escaped is most likely why something else is wrong.
    const texts = new Set([...this.#target.faults.slice(0, 3), what]);
    throw new Finding([...texts].join("\n"), [...this.#kept, ...this.#talking]);
  }

  /** AllCandidates but the witnesses goes, and a while later nothing is left of them. */
  async pause(): Promise<void> {
    for (const c of this.#kept) c.leave(this.#random);
    const gone = await this.#target.until(() => this.#kept.every((c) => c.ended));
    if (!gone) this.#found("A connection its client has closed is still open");
    this.#kept = [];
    await this.#beat();
    this.#look();
  }

  /** The witnesses go too. */
  async end(): Promise<Rest> {
    await this.pause();
    this.#witness.end();
    const rest = await this.#target.rest();
    this.#look();
    for (const [what, count] of Object.entries(rest.left)) {
      if (count !== 0) this.#found(`Nobody is there and nothing should be left, but ${what}: ${count}`);
    }
    return rest;
  }
}
