/** Sessions whose clients are away while messages come for them, and come back all at once. */

import { setTimeout as sleep } from "node:timers/promises";
import { bytesOf, subscribe } from "../client/packets.ts";
import { publish } from "./flow.ts";
import { each, times } from "./many.ts";
import { type Scenario, withData } from "./scenario.ts";
import { versionOf, type World } from "./world.ts";

const AWAY = 2000;
const AWAY_OPTIONS = { clean: false, expiry: 600 } as const;

async function leaveSessions(world: World): Promise<void> {
  await each(AWAY, 50, async (i) => {
    const version = versionOf(i);
    const client = await world.client(`away-${i}`, { version, ...AWAY_OPTIONS });
    client.send(bytesOf(version, subscribe(1, 1, "fan/x")));
    if (!await client.answered(9)) throw new Error("The sessions cannot be prepared");
    client.leave();
  });
}

/** QoS 1 to all of them; the answer is how many messages. */
async function fanOut(
  world: World,
  rate: number,
  seconds: number,
  count: number = Infinity,
): Promise<number> {
  const client = await world.client("fan-publisher");
  const startedAt = performance.now();
  const acknowledged = await publish(client, {
    count,
    window: 100,
    rate,
    until: world.deadline(seconds),
    message: (i) => ["fan/x", `${String(i).padStart(8, "0")}-payload-of-some-length`],
  });
  const took = ((performance.now() - startedAt) / 1000).toFixed(1);
  world.note(`${acknowledged} messages to ${AWAY} sessions acknowledged in ${took} s`);
  client.leave();
  return acknowledged;
}

/** All of them connect, and take what waits for them: `expected` messages each, or what comes until the time is up. */
async function comeBack(world: World, expected: number, seconds: number): Promise<void> {
  const startedAt = performance.now();
  const until = world.deadline(seconds);
  let back = 0;
  let backAt = 0;
  let received = 0;
  const refused = new Map<string, number>();
  await times(AWAY, async (i) => {
    try {
      const client = await world.client(`away-${i}`, { version: versionOf(i), ...AWAY_OPTIONS });
      back++;
      backAt = performance.now();
      client.onMessage = (): void => {
        if (client.received >= expected) client.wake();
      };
      await client.change(until, () => client.received >= expected);
      received += client.received;
      client.close();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      refused.set(why, (refused.get(why) ?? 0) + 1);
    }
  });
  const [letIn, took] = [backAt - startedAt, performance.now() - startedAt].map((ms) =>
    (ms / 1000).toFixed(1)
  );
  const not = [...refused].map(([why, count]) => `, ${count}: ${why}`).join("");
  world.note(`${back} came back in ${letIn} s, ${received} messages in ${took} s${not}`);
  world.fact("clients back", back);
  world.fact("seconds until they were back", (backAt - startedAt) / 1000);
}

const fan: Scenario = {
  name: "5fan",
  does: "500 messages/s of QoS 1 to 2,000 sessions that are away",
  seconds: 12,
  prepare: leaveSessions,
  run: async (world) => void await fanOut(world, 500, world.seconds),
};

/** What waits for each of them. */
let waiting = 0;

const back: Scenario = {
  name: "5back",
  does: "2,000 clients for which 1,000 messages and more wait come back at once",
  seconds: 25,
  expects: [{ fact: "clients back", least: AWAY }, { fact: "seconds until they were back", most: 10 }],
  prepare: async (world) => {
    await leaveSessions(world);
    waiting = await fanOut(world, 100, 15);
  },
  run: (world) => comeBack(world, waiting, world.seconds),
};

/** Both, one after the other. */
const away: Scenario = {
  name: "5away",
  does: "the two before one after the other: 10,000 messages at 500/s, then all come back",
  seconds: 20,
  prepare: leaveSessions,
  run: async (world) => {
    const count = await fanOut(world, 500, world.seconds, 10_000);
    await sleep(100);
    await comeBack(world, count, 30);
  },
};

export const absent: readonly Scenario[] = [
  fan,
  withData(fan),
  {
    ...withData(fan),
    name: "5fan50D",
    does: "the same with 50 messages/s",
    run: async (world) => void await fanOut(world, 50, world.seconds),
  },
  back,
  { ...withData(back), peak: 400 },
  away,
  withData(away),
];
