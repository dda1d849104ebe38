/** Two neighbours, one of each version, that publish and subscribe as they should. */

import type { Client } from "../client/client.ts";
import type { Flow, NeighbourFigures } from "../figures.ts";
import { Ledger, type Phase } from "./ledger.ts";
import { Newcomers } from "./newcomers.ts";
import { Publisher } from "./publisher.ts";
import { Subscriber } from "./subscriber.ts";

const VERSIONS = [4, 5] as const;
const FLOWS: readonly Flow[] = VERSIONS.flatMap((version) => [{ version, qos: 0 }, { version, qos: 1 }]);
/** What is shown of what happened to their connections. */
const SHOWN = 14;

export class Neighbourhood {
  readonly ledger: Ledger = new Ledger(FLOWS);
  readonly #port: number;
  readonly #newcomers: Newcomers;
  readonly #startedAt: number = performance.now();
  readonly #events: string[] = [];
  /** Nothing new is published. */
  finishing = false;
  /** Whatever happens now is of no interest. */
  over = false;

  constructor(port: number) {
    this.#port = port;
    this.#newcomers = new Newcomers(port);
  }

  /** They are far from the crowd: nobody else has their addresses. */
  home(version: 4 | 5): { readonly port: number; readonly from: string } {
    return { port: this.#port, from: `127.0.2.${version}` };
  }

  async start(): Promise<void> {
    for (const version of VERSIONS) await new Subscriber(this, version).start();
    for (const [number, flow] of FLOWS.entries()) await new Publisher(this, number, flow).start();
  }

  begin(phase: Phase): void {
    this.ledger.begin(phase);
    if (phase === "during") this.#newcomers.start();
    else this.#newcomers.stop();
  }

  /** A message of theirs. */
  came(payload: Uint8Array): void {
    const view = new DataView(payload.buffer, payload.byteOffset);
    this.ledger.came(view.getUint8(0), view.getUint32(1));
  }

  lost(who: string, client: Client): void {
    if (!this.over) {
      this.note(`${who} lost its connection${client.reason === null ? "" : `: ${client.reason}`}`);
    }
  }

  note(text: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1);
    if (!this.over) this.#events.push(`+${seconds} s ${text}`);
  }

  async figures(): Promise<NeighbourFigures> {
    const { ledger } = this;
    const newcomers = await this.#newcomers.figures();
    const events = this.#events.slice(0, SHOWN);
    if (this.#events.length > SHOWN) events.push(`and ${this.#events.length - SHOWN} more`);
    return {
      before: ledger.figures("before"),
      during: ledger.figures("during"),
      after: ledger.figures("after"),
      perSecond: ledger.perSecond(),
      newcomers,
      events,
      ownLateness: ledger.ownLateness,
    };
  }
}
