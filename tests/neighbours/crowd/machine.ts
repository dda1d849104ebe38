/** What the machine can do to a broker: stand still, have no descriptors left, have no room on its disk. */

import { spawnSync } from "node:child_process";
import type net from "node:net";
import process from "node:process";
import { clearInterval, setInterval } from "node:timers";
import { setTimeout as sleep } from "node:timers/promises";
import { connectBytes, PINGREQ } from "../client/packets.ts";
import { publish } from "./flow.ts";
import { each, times } from "./many.ts";
import { type Scenario, withData } from "./scenario.ts";
import type { World } from "./world.ts";

const MB = 1e6;
/** Those who connect while nobody answers do not wait for longer than that. */
const WAITING_MS = 15_000;

/** A client that pings in time; says when it is cut off. */
async function keepAlive(world: World, i: number, cut: () => void): Promise<net.Socket> {
  const socket = await world.socket();
  socket.write(connectBytes(`kept-${i}`, { keepAlive: 10 }));
  const pinging = setInterval(() => socket.write(PINGREQ), 4000);
  socket.resume();
  socket.once("close", () => {
    clearInterval(pinging);
    cut();
  });
  return socket;
}

async function standStill(world: World): Promise<void> {
  const standing = world.seconds * 1000;
  let cut = 0;
  const kept: net.Socket[] = [];
  const publisher = await world.client("load");
  const until = world.deadline(world.seconds + 4);
  const load = publish(publisher, { window: 100, rate: 500, until, message: () => ["x/y", "z"] });
  await times(50, async (i) => void kept.push(await keepAlive(world, i, () => cut++)));
  await sleep(1000);
  process.kill(world.pid, "SIGSTOP");
  const connecting = connectMeanwhile(world, Math.max(0, standing - WAITING_MS), standing);
  await sleep(standing);
  process.kill(world.pid, "SIGCONT");
  const refused = await connecting;
  await sleep(3000);
  world.note(`${cut} of 50 clients that pinged in time cut off`);
  world.note(
    `${refused} of 50 clients that connected meanwhile not let in, ${await load} messages acknowledged`,
  );
  world.fact("clients cut off that pinged in time", cut);
  world.fact("clients not let in that connected meanwhile", refused);
  for (const socket of kept) socket.destroy();
}

/** Between these times in milliseconds from now; the answer is how many are not let in. */
async function connectMeanwhile(world: World, from: number, to: number): Promise<number> {
  let refused = 0;
  await times(50, async (i) => {
    await sleep(from + (to - from) * i / 50);
    const client = await world.tried(`waiting-${i}`);
    if (client === null) refused++;
    else client.leave();
  });
  return refused;
}

async function exhaust(world: World): Promise<void> {
  const sockets: net.Socket[] = [];
  let answered = 0;
  await each(600, 20, async (i) => {
    const socket = await world.socket().catch(() => null);
    if (socket === null) return;
    socket.once("data", () => answered++);
    socket.write(connectBytes(`descriptor-${i}`));
    sockets.push(socket);
  });
  await sleep(world.seconds * 1000);
  world.note(`${sockets.length} connections, ${answered} let in`);
  for (const socket of sockets) socket.destroy();
  await sleep(2000);
  const again = await world.tried("afterwards");
  world.fact("clients let in when there is room again", again === null ? 0 : 1);
  again?.leave();
}

/** Retained messages until the disk is full, and when there is room again. */
async function fillDisk(world: World): Promise<void> {
  const startedAt = performance.now();
  const until = world.deadline();
  const payload = crypto.getRandomValues(new Uint8Array(1024));
  let acknowledged = 0;
  let connected = 0;
  let number = 0;
  const room = sleep(world.seconds * 600).then(() => {
    const { status } = spawnSync("mount", ["-o", `remount,size=${300 * MB}`, world.folder], {
      stdio: "ignore",
    });
    world.note(status === 0 ? "There is room again" : "The disk cannot be made larger");
  });
  while (performance.now() < until) {
    const client = await world.tried("filling", { version: 5 });
    if (client === null) {
      await sleep(200);
      continue;
    }
    connected++;
    const count = await publish(client, {
      window: 100,
      rate: 3000,
      until,
      message: () => [`fill/${number++ % 60_000}`, payload, { retain: true }],
    });
    acknowledged += count;
    client.close();
    await sleep(100);
  }
  await room;
  world.note(
    `${acknowledged} retained messages in ${
      Math.round((performance.now() - startedAt) / 1000)
    } s, ${connected} connections`,
  );
}

const still: Scenario = {
  name: "12stop",
  does: "the broker's process stands still for 20 s beside clients with a keep-alive of 10 s",
  seconds: 20,
  standsStill: "the process is stopped",
  expects: [
    { fact: "clients cut off that pinged in time", most: 0 },
    { fact: "clients not let in that connected meanwhile", most: 0 },
  ],
  run: standStill,
};

export const machine: readonly Scenario[] = [
  {
    name: "12tmpfs",
    does: "the disk fills up, and has room again after a while (needs mount)",
    seconds: 25,
    data: true,
    disk: 40 * MB,
    mayRefuse: "the disk is full",
    run: fillDisk,
  },
  still,
  withData(still),
  {
    name: "12ulimit",
    does: "600 clients connect to a broker that may have 256 descriptors",
    seconds: 6,
    descriptors: 256,
    beyondLimits: "there are no descriptors for them",
    expects: [{ fact: "clients let in when there is room again", least: 1 }],
    run: exhaust,
  },
];
