/** The real program on a machine whose clock is set while it runs, is killed, and starts again. */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestClient } from "../harness/client.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { MachineClock, needsMachineClock } from "../harness/machine_clock.ts";
import { noPorts, Program } from "../harness/program.ts";
import { socketClient } from "../harness/socket_client.ts";
import { needsRedisServer, RedisServer } from "../services/redis.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** As of a machine without a battery for its clock, five minutes after it was switched on. */
const IN_1970 = 300_000;
const needs = { ...needsRedisServer, ...needsMachineClock };

/** Where a program keeps its data, for the one that comes after it as well. */
interface Place {
  readonly name: string;
  readonly needed: { readonly skip?: string };
  with(
    body: (args: readonly string[], variables: Record<string, string>) => Promise<void>,
  ): Promise<void>;
}

const places: readonly Place[] = [
  {
    name: "SQLite",
    needed: needsMachineClock,
    with: (body) => body(["--data", temporaryFolder()], {}),
  },
  {
    name: "Redis",
    needed: needs,
    // (It keeps the time of its own machine: the library and its allocator do not get along.)
    async with(body): Promise<void> {
      await using redis = await RedisServer.start({ appendonly: "always" });
      await body([], { COMQTT_STORAGE_URL: redis.url, COMQTT_STORAGE_LOCK_TIME: "1000" });
    },
  },
];

function start(
  clock: MachineClock,
  args: readonly string[],
  variables: Record<string, string>,
): Promise<Program> {
  return Program.start([...noPorts, "--tcp", "127.0.0.1:0", ...args], {
    variables: { ...clock.variables, ...variables },
  });
}

async function connected(program: Program, clientId: string, expiry = 0, keepAlive = 0): Promise<TestClient> {
  const client = await socketClient(program.port("tcp"));
  const { reasonCode } = await client.connect({
    clientId,
    keepAlive,
    cleanStart: false,
    properties: { sessionExpiryInterval: expiry },
  });
  assert.equal(reasonCode, 0);
  return client;
}

/** It says that it has noticed. */
function noticed(program: Program, how: "forward" | "back", times = 1): Promise<void> {
  const said = (): number => program.errors.split(`The clock of the machine was set: ${how}`).length - 1;
  return program.until(() => said() >= times, "what it says of the clock");
}

for (const [name, step] of [["-20 s", -20_000], ["+90 days", 90 * DAY], ["-90 days", -90 * DAY]] as const) {
  test(
    `clock, program: ${name}, and clients connect, are kept and are missed as before`,
    needsMachineClock,
    async () => {
      using clock = new MachineClock();
      await using program = await start(clock, [], {});
      const patient = await connected(program, "patient", 0, 60);
      const watcher = await connected(program, "watcher");
      await watcher.subscribe("will");
      await watcher.subscribe("$SYS/broker/uptime");
      const uptimes: number[] = [Number((await watcher.message()).text)];
      clock.step(step);
      await noticed(program, step < 0 ? "back" : "forward");
      // At once, not when the clock is where it was.
      const silent = await socketClient(program.port("tcp"));
      const begun = performance.now();
      const { reasonCode } = await silent.connect({
        clientId: "silent",
        keepAlive: 1,
        will: { topic: "will", payload: new Uint8Array(1), qos: 0, retain: false, properties: {} },
      });
      assert.equal(reasonCode, 0);
      for (;;) {
        const message = await watcher.message();
        if (message.topic === "will") break;
        uptimes.push(Number(message.text));
      }
      const waited = performance.now() - begun;
      assert.ok(waited > 1400 && waited < 4000, `it was missed after ${waited} ms`);
      await silent.refusedWith(0x8d);
      assert.ok(uptimes.length >= 2 && uptimes.at(-1)! < 60, `$SYS said ${uptimes}`);
      assert.deepEqual(uptimes, uptimes.toSorted((a, b) => a - b));
      await patient.ping();
    },
  );
}

interface Kept {
  readonly title: string;
  /** What the clock shows at first; default: what time it is. */
  readonly from?: number;
  readonly step: number | "to today";
  /** The program is killed when it has noticed, or in the moment when the clock is set, or before. */
  readonly killed: "after" | "with" | "before";
}

const kept: readonly Kept[] = [
  { title: "-20 s, kill -9, start", step: -20_000, killed: "after" },
  { title: "+90 days, kill -9, start", step: 90 * DAY, killed: "after" },
  { title: "from 1970 to today, kill -9, start", from: IN_1970, step: "to today", killed: "after" },
  { title: "from 1970 to today and kill -9 at once, start", from: IN_1970, step: "to today", killed: "with" },
  { title: "from 1970, kill -9, to today, start", from: IN_1970, step: "to today", killed: "before" },
];

for (const place of places) {
  for (const { title, from, step, killed } of kept) {
    test(
      `clock, program: ${place.name}, ${title}: what was kept is there with the time it had left`,
      place.needed,
      async () => {
        using clock = new MachineClock(from);
        await place.with(async (args, variables) => {
          {
            await using program = await start(clock, args, variables);
            await fill(program);
            if (killed === "before") program.kill("SIGKILL");
            clock.step(step === "to today" ? Date.now() - clock.now() : step);
            if (killed === "after") {
              await noticed(program, step === "to today" || step > 0 ? "forward" : "back");
            }
          }
          await using program = await start(clock, args, variables);
          await judge(program);
        });
      },
    );
  }
}

/** Everything that has a time. */
async function fill(program: Program): Promise<void> {
  const away = await socketClient(program.port("tcp"));
  await away.connect({
    clientId: "away",
    properties: { sessionExpiryInterval: 3600 },
    will: {
      topic: "will",
      payload: new Uint8Array(1),
      qos: 0,
      retain: false,
      properties: { willDelayInterval: 3000 },
    },
  });
  await away.subscribe("queued", 1);
  await away.lose();
  const publisher = await connected(program, "publisher", 3600);
  const properties = { messageExpiryInterval: 3600 };
  await publisher.published("retained", "r", { qos: 1, retain: true, properties });
  await publisher.published("queued", "q", { qos: 1, properties });
}

/** All of it is there, less the seconds that this has taken. */
async function judge(program: Program): Promise<void> {
  const watcher = await connected(program, "watcher");
  await watcher.subscribe("will");
  await watcher.subscribe("retained");
  const left = async (client: TestClient): Promise<number> => {
    const { messageExpiryInterval } = (await client.message()).properties;
    assert.ok(messageExpiryInterval !== undefined && messageExpiryInterval <= 3600);
    return messageExpiryInterval;
  };
  assert.ok(await left(watcher) > 3500);
  // (A will that was due comes within a second.)
  await watcher.ping();
  const away = await socketClient(program.port("tcp"));
  const { sessionPresent } = await away.connect({ clientId: "away", cleanStart: false });
  assert.equal(sessionPresent, true);
  assert.ok(await left(away) > 3500);
  await watcher.silent();
}
