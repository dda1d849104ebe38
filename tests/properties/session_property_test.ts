/**
 * Sessions survive whatever happens: no QoS 1 or 2 message is lost, reordered or delivered more often than the
 * standard allows. A failure names its seed and length; `COMQTT_WALK=<seed>,<steps>` goes that way again.
 */

import process from "node:process";
import { test } from "node:test";
import { anySeed } from "./random.ts";
import { Walk } from "./walk.ts";

/** How many walks of how many steps. */
const WALKS = [{ count: 150, steps: 200 }, { count: 75, steps: 1500 }] as const;

const given = process.env.COMQTT_WALK;

if (given === undefined) {
  for (const { count, steps } of WALKS) {
    test(`session: ${count} walks of ${steps} steps lose nothing when the process is killed on the way`, async () => {
      for (let i = 0; i < count; i++) await new Walk(anySeed(), true).run(steps);
    });

    test(`session: ${count} random walks of ${steps} steps lose, reorder and repeat nothing`, async () => {
      for (let seed = 1; seed <= count; seed++) await new Walk(seed).run(steps);
    });

    test(`session: ${count} walks of ${steps} steps nobody has gone before lose, reorder and repeat nothing`, async () => {
      for (let i = 0; i < count; i++) await new Walk(anySeed()).run(steps);
    });
  }
} else {
  const [seed, steps] = given.split(",").map(Number);
  test(`session: the walk ${given} loses, reorders and repeats nothing`, async () => {
    await new Walk(seed!, process.env.COMQTT_WALK_STORED !== undefined).run(steps ?? 200);
  });
}
