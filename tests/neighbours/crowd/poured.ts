/** Clients that send as fast as it goes: what they send is made before, which takes longer than sending it. */

import { Batch } from "../client/packets.ts";
import { times } from "./many.ts";
import type { Scenario } from "./scenario.ts";
import type { World } from "./world.ts";

/** What is sent at once, in bytes. */
const PIECE = 60_000;

export interface Pour {
  readonly clients: number;
  readonly version: 4 | 5;
  /** Prepared for each client; then it begins again with the first of them. */
  readonly pieces: number;
  /** Adds the packet with this number. */
  readonly add: (batch: Batch, i: number, client: number) => void;
  /** What they send, for people. */
  readonly what: string;
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly count: number;
}

export class Poured {
  readonly #pour: Pour;
  readonly #pieces: readonly (readonly Piece[])[];

  constructor(pour: Pour) {
    this.#pour = pour;
    this.#pieces = Array.from({ length: pour.clients }, (_, client) => prepared(pour, client));
  }

  /** Until that time of `performance.now()`; the answer is the number of packets. */
  async run(world: World, until: number): Promise<number> {
    const { clients, version, pieces } = this.#pour;
    let sent = 0;
    await times(clients, async (c) => {
      const client = await world.client(`pouring-${c}`, { version });
      for (let k = 0;; k++) {
        const { bytes, count } = this.#pieces[c]![k % pieces]!;
        if (!await client.pour(bytes, until)) break;
        sent += count;
      }
      client.close();
    });
    return sent;
  }
}

function prepared({ version, pieces, add }: Pour, client: number): Piece[] {
  const batch = new Batch(version);
  let i = 0;
  return Array.from({ length: pieces }, () => {
    while (batch.length < PIECE) add(batch, i++, client);
    const { count } = batch;
    return { bytes: batch.take(), count };
  });
}

/** As a scenario. */
export function poured(pour: Pour): Pick<Scenario, "prepare" | "run"> {
  let ready: Poured | null = null;
  return {
    prepare: async () => {
      ready = await Promise.resolve(new Poured(pour));
    },
    run: async (world) => {
      const sent = await ready!.run(world, world.deadline());
      world.note(`${(sent / 1e6).toFixed(2)} million ${pour.what}`);
    },
  };
}
