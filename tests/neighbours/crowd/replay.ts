/** Those who want retained messages, of which there are many. */

import { setTimeout as sleep } from "node:timers/promises";
import { Batch, bytesOf, connectBytes, PINGREQ, subscribe } from "../client/packets.ts";
import { times } from "./many.ts";
import type { Scenario } from "./scenario.ts";
import { readSlowly } from "./slow_reader.ts";
import { versionOf, type World } from "./world.ts";

const RETAINED = 300_000;
const PAYLOAD = "0123456789abcdef".repeat(2);
/** What is sent at once, in bytes. */
const PIECE = 60_000;
const ID = 60_000;

function topicOf(i: number): string {
  const [a, b, c, d] = [i % 7, i / 7 % 11, i / 77 % 13, i / 1001 % 17].map(Math.floor);
  return `t/${a}/${b}/${c}/${d}/${i}`;
}

async function fill(world: World): Promise<void> {
  const client = await world.client("filler");
  const batch = new Batch(4);
  const until = world.deadline(60);
  for (let i = 0; i < RETAINED; i++) {
    batch.publish(topicOf(i), PAYLOAD, { retain: true });
    if (batch.length > PIECE) await client.pour(batch.take(), until);
  }
  client.send(batch.take());
  client.send(PINGREQ);
  if (!await client.answered(13, 60_000)) throw new Error("The retained messages are not taken");
  client.leave();
}

/** Of five levels below `t`, for some of the topics. */
function some(k: number): string {
  return `+/+/${k % 11}/+/${Math.floor(k / 11) % 17}/+`;
}

/** For none of them, which takes a look at each. */
function none(k: number): string {
  return `+/+/+/+/a${k}/+/b${k}`;
}

/** One client subscribes to that many filters. */
function filters(count: number, of: (k: number) => string): Scenario["run"] {
  return async (world) => {
    const client = await world.client("filters", { version: 5 });
    const startedAt = performance.now();
    let lastAt = startedAt;
    client.onMessage = (): void => {
      lastAt = performance.now();
    };
    for (let k = 0; k < count; k += 100) {
      const these = Array.from({ length: Math.min(100, count - k) }, (_, j) => of(k + j));
      client.send(bytesOf(5, subscribe(k % ID + 1, 0, ...these)));
    }
    await sleep(world.seconds * 1000);
    world.note(
      `${count} filters, ${client.received} messages came, the last after ${seconds(lastAt - startedAt)}`,
    );
    client.close();
  };
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Clients of `#`, most of which read slowly. */
async function everything(world: World): Promise<void> {
  const until = world.deadline();
  let bytes = 0;
  await times(50, async (i) => {
    const version = versionOf(i);
    const socket = await world.socket();
    socket.write(connectBytes(`hash-${i}`, { version }));
    socket.write(bytesOf(version, subscribe(1, i % 2 === 0 ? 0 : 1, "#")));
    const came = await readSlowly(socket, i < 40 ? 100_000 : Infinity, until);
    bytes += came;
  });
  world.note(`${Math.round(bytes / 1e6)} MB came`);
}

/** All of it at once. */
async function all(world: World): Promise<void> {
  await filters(10_000, (k) => `+/+/${k % 11}/+/${Math.floor(k / 11) % 17}/+/a${k}/+/b${k}`)(world);
  await filters(2000, some)(world);
  await everything(world);
}

export const replay: readonly Scenario[] = [
  {
    name: "3replay",
    does: "300,000 retained messages: 10,000 filters that match nothing, 2,000 that match, 50 clients of #",
    seconds: 5,
    after: 10,
    prepare: fill,
    run: all,
  },
  {
    name: "3one",
    does: "300,000 retained messages, one filter of wildcards that matches none of them",
    seconds: 8,
    prepare: fill,
    run: filters(1, none),
  },
  {
    name: "3hundred",
    does: "the same with a hundred such filters in one SUBSCRIBE",
    seconds: 8,
    prepare: fill,
    run: filters(100, none),
  },
  {
    name: "3many",
    does: "the same with 10,000 such filters",
    seconds: 8,
    prepare: fill,
    run: filters(10_000, none),
  },
  {
    name: "3manymatch",
    does: "300,000 retained messages, 2,000 filters that match a hundredth of them each",
    seconds: 8,
    prepare: fill,
    run: filters(2000, some),
  },
  {
    name: "3hash",
    does: "300,000 retained messages, 50 clients of #, of which 40 read 100 kB/s",
    seconds: 12,
    prepare: fill,
    run: everything,
  },
];
