/** Sessions that all end in the same moment. */

import { setTimeout as sleep } from "node:timers/promises";
import { bytesOf, subscribe } from "../client/packets.ts";
import { each, sleepUntil } from "./many.ts";
import { type Scenario, withData } from "./scenario.ts";
import type { World } from "./world.ts";

const SESSIONS = 100_000;
/** Of the time, for making them. */
const MAKING = 0.8;

async function expire(world: World): Promise<void> {
  const endAt = world.deadline();
  const startedAt = performance.now();
  const making = MAKING * world.seconds * 1000;
  let made = 0;
  let refused = 0;
  await each(SESSIONS, 64, async (i) => {
    await sleepUntil(startedAt + i / SESSIONS * making / 2);
    while (performance.now() < startedAt + making) {
      const expiry = Math.floor((endAt - performance.now()) / 1000) + 1;
      const client = await world.tried(`expiring-${i}`, { version: 5, clean: false, expiry });
      if (client === null) {
        refused++;
        await sleep(20);
        continue;
      }
      client.send(bytesOf(5, subscribe(1, 1, `exp/${i}/+`)));
      await client.answered(9, 5000);
      client.reset();
      made++;
      return;
    }
  });
  world.note(
    `${made} sessions made in ${
      Math.round((performance.now() - startedAt) / 1000)
    } s, ${refused} tries failed`,
  );
  await sleepUntil(endAt + 4000);
}

const expiry: Scenario = {
  name: "9expiry",
  does: "up to 100,000 sessions are made and end in the same second",
  seconds: 40,
  run: expire,
};

export const expiring: readonly Scenario[] = [expiry, withData(expiry)];
