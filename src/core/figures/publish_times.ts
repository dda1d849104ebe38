/**
 * How long publishes take, from when they were heard until what they brought, and their acknowledgement, has been handed to
 * the connections: after the commit where something has to be kept. One in 64 is measured, and one in a turn.
 */

import type { QoS } from "../../packets/types.ts";
import { Histogram } from "./histogram.ts";
import type { Turn, TurnTask } from "../turn.ts";

const ONE_IN = 64;
/** It goes round before it is a number that has to be allocated. */
const SMALL = 0x3fff_ffff;

export class PublishTimes implements TurnTask {
  /** By QoS. */
  readonly times: readonly [Histogram, Histogram, Histogram] = [
    new Histogram(),
    new Histogram(),
    new Histogram(),
  ];
  readonly #turn: Turn;
  readonly #now: () => number;
  #count = 0;
  #open = false;
  #from = 0;
  #qos: QoS = 0;
  owes = false;
  owesSince = 0;
  sealed = false;

  constructor(turn: Turn, now: () => number) {
    this.#turn = turn;
    this.#now = now;
  }

  /** A publish, or a run of them, that was heard then (`monotonic` time) has been distributed. */
  distributed(heardAt: number, qos: QoS): void {
    this.#count = (this.#count + 1) & SMALL;
    if (this.#count % ONE_IN === 0 && !this.#open) this.#measure(heardAt, qos);
  }

  /** (It is asked after most of those who are written to in this turn.) */
  #measure(heardAt: number, qos: QoS): void {
    this.#open = true;
    this.#from = heardAt;
    this.#qos = qos;
    this.owes = qos > 0 && this.#turn.uncommitted;
    this.owesSince = this.#turn.commits;
    this.#turn.ask(this);
  }

  endTurn(): void {
    this.#close();
    this.times[this.#qos].observe(this.#now() - this.#from);
  }

  seal(): void {
    this.sealed = true;
  }

  committed(): void {
    this.endTurn();
  }

  /** It was not acknowledged. */
  uncommitted(): void {
    this.#close();
  }

  #close(): void {
    this.#open = this.owes = this.sealed = false;
  }
}
