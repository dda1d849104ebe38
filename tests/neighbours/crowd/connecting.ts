/** Those who connect all the time. */

import { setTimeout as sleep } from "node:timers/promises";
import { bytesOf, connectBytes, subscribe } from "../client/packets.ts";
import { each, times } from "./many.ts";
import { type Scenario, withData } from "./scenario.ts";
import { versionOf, type World } from "./world.ts";

/** Attempts of the flood a second: what the broker lets in of all together is more. */
const MOST = 8000;
/** Of the CONNECT of those who break off. */
const HALF = 20;

/** Sockets that say a byte of their CONNECT a second. */
async function drip(world: World, until: number): Promise<void> {
  const bytes = connectBytes("dripping".repeat(4));
  const sockets: Awaited<ReturnType<World["socket"]>>[] = [];
  await each(2000, 50, async () => {
    const socket = await world.socket().catch(() => null);
    if (socket !== null) sockets.push(socket);
  });
  for (let i = 0; i < bytes.length && performance.now() < until; i++) {
    for (const socket of sockets) if (!socket.destroyed) socket.write(bytes.subarray(i, i + 1));
    await sleep(1000);
  }
  for (const socket of sockets) socket.destroy();
}

/** Connects, says something that is no CONNECT or half of one, and breaks off. */
async function flood(world: World, address: () => string): Promise<void> {
  const until = world.deadline();
  const startedAt = performance.now();
  const garbage = crypto.getRandomValues(new Uint8Array(64));
  const half = connectBytes("half-a-connect-half-a-connect", { version: 5 }).subarray(0, HALF);
  let attempts = 0;
  let failed = 0;
  const dripping = drip(world, until);
  await times(64, async () => {
    for (let now = startedAt; now < until; now = performance.now()) {
      if (attempts > (now - startedAt) / 1000 * MOST) {
        await sleep(1);
        continue;
      }
      const bytes = attempts++ % 2 === 0 ? garbage : half;
      const socket = await world.socket(undefined, address()).catch(() => null);
      if (socket === null) failed++;
      else socket.write(bytes, () => socket.resetAndDestroy());
    }
  });
  await dripping;
  world.note(
    `${attempts} connections begun (${Math.round(attempts / world.seconds)}/s), ${failed} not opened`,
  );
}

/** Clients that have the same id, take over from each other, and subscribe to what the neighbours publish. */
async function takeOver(world: World): Promise<void> {
  const until = world.deadline();
  let taken = 0;
  let refused = 0;
  await times(500, async (i) => {
    const version = versionOf(i);
    while (performance.now() < until) {
      const client = await world.tried("same", { version, clean: i % 3 === 0, expiry: 60 });
      if (client === null) {
        refused++;
        await sleep(1);
        continue;
      }
      taken++;
      client.send(bytesOf(version, subscribe(1, 1, "nb/#", `x/${i}`)));
      await client.change(until + 1000, () => false);
      client.close();
    }
  });
  world.note(`${taken} take-overs, ${refused} were not let in`);
}

const takeover: Scenario = {
  name: "2takeover",
  does: "500 clients with one id take over from each other, with and without a session",
  seconds: 10,
  run: takeOver,
};

export const connecting: readonly Scenario[] = [
  {
    name: "1flood",
    does:
      "up to 8,000 connections a second that send garbage or half a CONNECT, 2,000 that send a byte a second",
    seconds: 10,
    run: (world) => flood(world, () => world.address()),
  },
  {
    name: "1floodone",
    does: "the same from a single address",
    seconds: 10,
    run: (world) => flood(world, () => "127.0.1.1"),
  },
  takeover,
  withData(takeover),
];
