/** Those who cannot make up their minds what to subscribe to. */

import { setTimeout as sleep } from "node:timers/promises";
import { Batch, subscribe, unsubscribe } from "../client/packets.ts";
import { times } from "./many.ts";
import { type Scenario, withData } from "./scenario.ts";
import { versionOf, type World } from "./world.ts";

/** Packets a second of all. */
const RATE = 50_000;
const AT_ONCE = 25;

function filterOf(client: number, j: number): string {
  return j % 2 === 0
    ? `st/${client}/+/${Math.floor(Math.random() * 1000)}/#`
    : `nb/+/${Math.floor(Math.random() * 3)}`;
}

async function change(world: World): Promise<void> {
  const startedAt = performance.now();
  const until = world.deadline();
  let sent = 0;
  await times(4, async (c) => {
    const client = await world.client(`storm-${c}`, { version: versionOf(c) });
    const batch = new Batch(client.version);
    for (;;) {
      if (sent > (performance.now() - startedAt) / 1000 * RATE) {
        await sleep(1);
        continue;
      }
      for (let j = 0; j < AT_ONCE; j++) {
        const filter = filterOf(c, j);
        batch.add(subscribe(j + 1, 0, filter), unsubscribe(j + 100, filter));
      }
      sent += batch.count;
      if (!await client.pour(batch.take(), until)) break;
    }
    client.close();
  });
  world.note(`${sent} SUBSCRIBE and UNSUBSCRIBE (${Math.round(sent / world.seconds)}/s)`);
}

const storming: Scenario = {
  name: "14storm",
  does: "four clients subscribe and unsubscribe 25,000 times a second, also to what the neighbours publish",
  seconds: 12,
  run: change,
};

export const storm: readonly Scenario[] = [storming, withData(storming)];
