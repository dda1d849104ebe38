/** Publishers that send as fast as it goes. */

import { Batch, PINGREQ } from "../client/packets.ts";
import { poured } from "./poured.ts";
import type { Scenario } from "./scenario.ts";
import type { World } from "./world.ts";

const PIECE = 60_000;

function flood(
  clients: number,
  topic: (i: number, client: number) => string,
): Pick<Scenario, "prepare" | "run"> {
  return poured({
    clients,
    version: 4,
    pieces: 64,
    add: (batch, i, client) => void batch.publish(topic(i, client), "x"),
    what: "messages of QoS 0",
  });
}

/** A million topics, each once. */
async function distinct(world: World): Promise<void> {
  const client = await world.client("distinct");
  const startedAt = performance.now();
  const until = world.deadline(60);
  const batch = new Batch(4);
  for (let i = 0; i < 1_000_000; i++) {
    batch.publish(`dist/${i % 1000}/x/${i}`, "x");
    if (batch.length > PIECE) await client.pour(batch.take(), until);
  }
  client.send(batch.take());
  client.send(PINGREQ);
  const all = await client.answered(13);
  world.note(
    `1,000,000 topics in ${((performance.now() - startedAt) / 1000).toFixed(1)} s${all ? "" : ", not all"}`,
  );
  client.close();
}

export const flooding: readonly Scenario[] = [
  {
    name: "13floodsame",
    does: "one client publishes to one topic as fast as it goes, QoS 0",
    seconds: 8,
    ...flood(1, () => "flood/same"),
  },
  {
    name: "13flooddist",
    does: "the same over more than 100,000 topics",
    seconds: 8,
    ...flood(1, (i, client) => `dist/${i % 1000}/x/${i * 7 + client}`),
  },
  {
    name: "13flood4",
    does: "four clients publish to one topic as fast as it goes",
    seconds: 8,
    ...flood(4, () => "flood/same"),
  },
  {
    name: "13distinct",
    does: "one client publishes once to each of a million topics",
    seconds: 60,
    run: distinct,
  },
];
