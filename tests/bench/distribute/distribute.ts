/**
 * `deno task bench:distribute`: what a message from another node costs the broker that has its subscribers. Raw frames over
 * a socket, runs of 64 messages of 16 bytes, 100 topics in turn with one subscriber each; the same through what a program
 * publishes with, and from a client, in turns on the same broker.
 */

import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import type net from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { findProgram } from "../brokers.ts";
import { killAll } from "../process.ts";
import { quietWithin } from "../quiet.ts";
import { freePort, type RunningBroker, startBroker } from "../server.ts";
import { median } from "../storage/contest.ts";
import { rate, table, verdict } from "../storage/text.ts";
import { AHEAD, client, link, PAYLOAD, ROUND, Rounds, RUN, Subscribers, TOPICS } from "./traffic.ts";

/** Microseconds of CPU a message in the receiving process. */
const TARGET = 0.3;
/** The kernel counts a process's CPU in these. */
const TICK_US = 10_000;
const PATIENCE_MS = 20_000;

const USAGE = `What a message from another node costs the broker that has its subscribers

  --runtime NAME     deno, bun or both (both)
  --repeat N         repetitions of which the median counts (5)
  --seconds N        how long each of them takes (3)
  --quick            one repetition of one second
  --wait SECONDS     wait this long for a quiet machine before each (10); 0 does not care
  --strict           exit with code 1 when the target is not reached
`;

const { values } = parseArgs({
  options: {
    runtime: { type: "string", default: "both" },
    repeat: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    wait: { type: "string", default: "10" },
    quick: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  console.log(USAGE);
  process.exit(0);
}
const repeat = values.quick ? 1 : Number(values.repeat);
const seconds = values.quick ? 1 : Number(values.seconds);

interface Way {
  readonly title: string;
  readonly least?: number;
  open(ports: Ports): Promise<net.Socket>;
}

interface Ports {
  readonly clients: number;
  readonly frames: number;
  readonly publish: number;
}

const FRAMES: Way = {
  title: "raw frames, `Distributor.frames`",
  least: TARGET,
  open: ({ frames }) => link(frames),
};
const PUBLISH: Way = {
  title: "one by one, as `Server.publish`",
  open: ({ publish }) => link(publish),
};
const CLIENT: Way = { title: "from a client", open: ({ clients }) => client(clients, "publisher") };
const WAYS: readonly Way[] = [FRAMES, PUBLISH, CLIENT];

interface Sample {
  /** Messages a second. */
  readonly rate: number;
  /** Microseconds a message. */
  readonly cpu: number;
}

/** Microseconds that all threads of a process have used. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]!.split(" ");
  return (Number(fields[11]) + Number(fields[12])) * TICK_US;
}

/** Sends rounds for a while, never far ahead of what has come. */
class Sender {
  readonly #subscribers: Subscribers;
  readonly #rounds: Rounds;
  #sent = 0;

  constructor(subscribers: Subscribers, rounds: Rounds) {
    this.#subscribers = subscribers;
    this.#rounds = rounds;
  }

  /** Until then, and until all has come; how many messages. */
  async send(socket: net.Socket, until: number): Promise<number> {
    const before = this.#sent;
    let last = performance.now();
    await new Promise<void>((done, failed) => {
      const watch = setInterval(() => {
        if (performance.now() - last > PATIENCE_MS) end(new Error("nothing comes any more"));
      }, 1000);
      const end = (error?: Error): void => {
        clearInterval(watch);
        this.#subscribers.progress = () => {};
        if (error === undefined) done();
        else failed(error);
      };
      const go = (): void => {
        const { received, problem } = this.#subscribers;
        last = performance.now();
        if (problem !== null) return end(new Error(problem));
        if (last >= until) {
          if (received >= this.#sent) end();
          return;
        }
        while (this.#sent - received <= (AHEAD - 1) * ROUND) {
          socket.write(this.#rounds.next());
          this.#sent += ROUND;
        }
      };
      this.#subscribers.progress = go;
      go();
    });
    return this.#sent - before;
  }
}

async function sample(way: Way, ports: Ports, { pid }: RunningBroker, sender: Sender): Promise<Sample> {
  const socket = await way.open(ports);
  await sender.send(socket, performance.now() + 300 * Math.min(seconds, 1));
  const cpu = cpuOf(pid);
  const began = performance.now();
  const count = await sender.send(socket, began + seconds * 1000);
  const took = performance.now() - began;
  const used = cpuOf(pid) - cpu;
  socket.destroy();
  return { rate: count / took * 1000, cpu: used / count };
}

async function samplesOf(runtime: "deno" | "bun", folder: string): Promise<Map<Way, Sample[]>> {
  const [frames, publish] = [await freePort(), await freePort()];
  const main = fileURLToPath(new URL("./broker.ts", import.meta.url));
  const program = await findProgram(runtime, main, (port) => [port, frames, publish].map(String));
  if (program === undefined) throw new Error(`${runtime} is not installed`);
  const running = await startBroker(program, folder);
  const ports = { clients: running.port, frames, publish };
  const rounds = new Rounds();
  const subscribers = new Subscribers();
  const samples = new Map<Way, Sample[]>(WAYS.map((way) => [way, []]));
  try {
    await subscribers.connect(running.port, rounds.size);
    const sender = new Sender(subscribers, rounds);
    for (let i = 0; i < repeat; i++) {
      for (const way of WAYS) {
        if (!values.quick) await quietWithin(Number(values.wait));
        samples.get(way)!.push(await sample(way, ports, running, sender));
      }
    }
  } finally {
    subscribers.close();
    await running.stop();
  }
  return samples;
}

const folder = mkdtempSync(join(tmpdir(), "comqtt-bench-"));
process.on("exit", () => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));
const lines = [["runtime", "way", "messages", "CPU a message", "to one by one", "to reach"]];
let missed = 0;
const runtimes = values.runtime === "both" ? ["deno", "bun"] as const : [values.runtime as "deno" | "bun"];
for (const runtime of runtimes) {
  const samples = await samplesOf(runtime, folder);
  const cost = (way: Way): number => median(samples.get(way)!.map(({ cpu }) => cpu));
  for (const way of WAYS) {
    const cpu = cost(way);
    const reached = way.least === undefined ? undefined : cpu <= way.least;
    if (reached === false) missed++;
    lines.push([
      runtime,
      way.title,
      rate(median(samples.get(way)!.map((one) => one.rate))),
      `${cpu.toFixed(3)} µs`,
      `${(cpu / cost(PUBLISH)).toFixed(2)}×`,
      way.least === undefined ? "" : `≤ ${way.least} µs: ${verdict(reached)}`,
    ]);
  }
}
console.log(
  `${TOPICS} topics with one subscriber each, runs of ${RUN}, ${PAYLOAD} bytes; medians of ${repeat}\n\n${
    table(lines)
  }`,
);
process.exit(values.strict && missed > 0 ? 1 : 0);
