/** Publishers that give a topic alias another topic with each message. */

import { Batch } from "../client/packets.ts";
import { times } from "./many.ts";
import type { Scenario } from "./scenario.ts";
import type { World } from "./world.ts";

const ALIASES = 1024;
const PIECE = 16_000;

/** The answer is how often. */
export async function changeAliases(world: World, clients: number, until: number): Promise<number> {
  let changes = 0;
  await times(clients, async (i) => {
    const client = await world.client(`alias-${i}`, { version: 5 });
    const batch = new Batch(5);
    for (let k = 0;;) {
      for (; batch.length < PIECE; k++) {
        batch.publish(`al/${i}/${k}`, "x", { properties: { topicAlias: k % ALIASES + 1 } });
      }
      const { count } = batch;
      if (!await client.pour(batch.take(), until)) break;
      changes += count;
    }
    client.close();
  });
  return changes;
}

function aliasing(clients: number): Scenario["run"] {
  return async (world) => {
    world.note(`${await changeAliases(world, clients, world.deadline())} aliases changed`);
  };
}

export const aliases: readonly Scenario[] = [
  {
    name: "10alias",
    does: "one client changes topic aliases as fast as it goes, QoS 0",
    seconds: 6,
    run: aliasing(1),
  },
  { name: "10alias4", does: "the same by four clients", seconds: 6, run: aliasing(4) },
];
