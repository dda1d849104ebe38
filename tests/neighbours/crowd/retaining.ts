/** Those who leave messages behind, and take them away again. */

import { setTimeout as sleep } from "node:timers/promises";
import { publish } from "./flow.ts";
import { times } from "./many.ts";
import { type Scenario, withData } from "./scenario.ts";
import { versionOf, type World } from "./world.ts";

const EACH = 25_000;

/** Four publishers, 25,000 topics each. */
async function retainAll(world: World, payload: Uint8Array): Promise<number> {
  let acknowledged = 0;
  const until = world.deadline();
  await times(4, async (i) => {
    const client = await world.tried(`retaining-${i}`, { version: versionOf(i) });
    if (client === null) return;
    const count = await publish(client, {
      count: EACH,
      window: 200,
      until,
      message: (k) => [`ret/${i}/${Math.floor(k / 100)}/${k}`, payload, { retain: true }],
    });
    acknowledged += count;
    client.leave();
  });
  return acknowledged;
}

async function retainAndDelete(world: World): Promise<void> {
  for (
    const [what, payload] of [["set", new Uint8Array(1024).fill(0x72)], [
      "deleted",
      new Uint8Array(0),
    ]] as const
  ) {
    const startedAt = performance.now();
    const count = await retainAll(world, payload);
    world.note(
      `${count} retained messages ${what} in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`,
    );
    await sleep(1000);
  }
}

const retain: Scenario = {
  name: "4retain",
  does: "four clients set 100,000 retained messages of 1 kB as fast as it goes, and delete them",
  seconds: 25,
  run: retainAndDelete,
};

export const retaining: readonly Scenario[] = [retain, withData(retain)];
