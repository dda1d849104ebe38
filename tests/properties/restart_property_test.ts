/**
 * Time goes on while the server does not: sessions, messages and wills are over when they have to be. A failure names its
 * seed and length; `COMQTT_RESTART_WALK=<seed>,<steps>` goes that way again, `COMQTT_RESTART_WALKS=<count>` goes more of them.
 */

import process from "node:process";
import { test } from "node:test";
import { anySeed } from "./random.ts";
import { RestartWalk } from "./restart_walk.ts";

const STEPS = 120;
const given = process.env.COMQTT_RESTART_WALK;
const count = Number(process.env.COMQTT_RESTART_WALKS ?? 150);

if (given === undefined) {
  test(`restart: ${count} random walks through time lose no session, no message and no will`, async () => {
    for (let seed = 1; seed <= count; seed++) await new RestartWalk(seed).run(STEPS);
  });

  test(`restart: ${count} walks nobody has gone before lose no session, no message and no will`, async () => {
    for (let i = 0; i < count; i++) await new RestartWalk(anySeed()).run(STEPS);
  });
} else {
  const [seed, steps] = given.split(",").map(Number);
  test(`restart: the walk ${given} loses no session, no message and no will`, async () => {
    await new RestartWalk(seed!).run(steps ?? STEPS);
  });
}
