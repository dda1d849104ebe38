/** `deno task bench:access`: what access control costs, against the same broker without it and against mosquitto. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Broker, findMosquitto, findOurs, findProgram } from "../brokers.ts";
import { compileLoad } from "../compile.ts";
import { type LoadArgs, runLoad } from "../load.ts";
import { killAll } from "../process.ts";
import { type RunningBroker, startBroker } from "../server.ts";
import { THROUGHPUT } from "../workload.ts";
import { connected, loginRate, passwordFile, revoke, usersOf } from "./logins.ts";

const { values } = parseArgs({
  options: {
    runtime: { type: "string", default: "both" },
    repeat: { type: "string" },
    only: { type: "string", multiple: true, default: [] },
    quick: { type: "boolean", default: false },
    strict: { type: "boolean", default: false },
  },
});

const repeat = Number(values.repeat ?? (values.quick ? 1 : 5));
const scale = values.quick ? 0.2 : 1;
const folder = mkdtempSync(join(tmpdir(), "comqtt-bench-"));
process.on("exit", () => {
  killAll();
  rmSync(folder, { recursive: true, force: true });
});
const load = await compileLoad(folder);
const variants = fileURLToPath(new URL("./broker.ts", import.meta.url));
const main = fileURLToPath(new URL("../../../main.ts", import.meta.url));

type Runtime = "deno" | "bun";
let missed = 0;

/** A line of the table. `least`, `most`: what is to be reached. */
function tell(
  what: string,
  value: number,
  bound: { least?: number; most?: number },
  unit: string,
  more: string,
): void {
  const { least = -Infinity, most = Infinity } = bound;
  const reached = value >= least && value <= most;
  if (!reached) missed++;
  const target = bound.least !== undefined ? `at least ${least}${unit}` : `at most ${most}${unit}`;
  console.log(
    `  ${value.toFixed(2).padStart(7)}${unit.padEnd(3)} ${reached ? "reached    " : "NOT REACHED"} ${
      target.padEnd(15)
    } ${what} (${more})`,
  );
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!;
}

const k = (rate: number): string =>
  rate >= 1e6 ? `${(rate / 1e6).toFixed(2)} M/s` : `${(rate / 1e3).toFixed(2)} k/s`;

async function ours(runtime: Runtime, variant: string): Promise<Broker> {
  const broker = await findProgram(runtime, variants, (port) => [variant, String(port)]);
  if (broker === undefined) throw new Error(`${runtime} is not installed`);
  return broker;
}

async function program(runtime: Runtime, ...args: string[]): Promise<Broker> {
  const broker = await findOurs(runtime, main, [...args, "--log-level", "warn"]);
  if (broker === undefined) throw new Error(`${runtime} is not installed`);
  return broker;
}

/** Both run all the time, and are measured in turns. */
async function inTurns<T>(
  brokers: readonly Broker[],
  measure: (running: RunningBroker, which: number) => Promise<T>,
  times = repeat,
): Promise<T[][]> {
  const running: RunningBroker[] = [];
  try {
    for (const broker of brokers) running.push(await startBroker(broker, folder));
    const results: T[][] = running.map(() => []);
    for (let i = 0; i < times; i++) {
      for (const [which, one] of running.entries()) results[which]!.push(await measure(one, which));
    }
    return results;
  } finally {
    for (const one of running) await one.stop();
  }
}

/** 20 rules a client, against a broker that allows everything. */
async function rules(runtime: Runtime): Promise<void> {
  const messages = Math.round(10_000 * scale);
  const loads: readonly (readonly [string, LoadArgs])[] = [
    ["QoS 0, pair-100", { mode: "pair", clients: 100, messages, warmup: messages, payload: 16 }],
    ["QoS 1, 10 clients flat out", {
      mode: "pair",
      clients: 10,
      qos: 1,
      window: 100,
      warmup: 2000,
      seconds: Math.max(1, Math.round(3 * scale)),
      payload: 16,
    }],
  ];
  for (const [title, args] of loads) {
    const brokers = [await ours(runtime, "bare"), await ours(runtime, "rules")];
    const [bare, ruled] = await inTurns(
      brokers,
      async ({ port, pid }) => (await runLoad(load, { ...args, port, pid }, [])).number(THROUGHPUT),
    );
    const rates = [median(bare!), median(ruled!)] as const;
    tell(
      `20 rules a client, ${title}`,
      rates[1] / rates[0],
      { least: 0.9 },
      "x",
      `${k(rates[1])} of ${k(rates[0])}`,
    );
  }
}

const ROUNDS = 1000;
const AT_ONCE = 100;

/** First logins against mosquitto with the same file; those that come back against clients that say nothing of themselves. */
async function logins(runtime: Runtime): Promise<void> {
  const users = usersOf(Math.round(2000 * scale));
  const file = join(folder, `users-${runtime}`);
  writeFileSync(file, passwordFile(users, ROUNDS), { mode: 0o600 });
  const withUsers = await program(runtime, "--users", file);
  const mosquitto = await findMosquitto(["persistence false", `password_file ${file}`]);
  if (mosquitto === undefined) console.log("  (skipped: needs mosquitto) first logins");
  else {
    // (Each time a new process: what was right once is remembered.)
    const firsts: [number[], number[]] = [[], []];
    for (let i = 0; i < repeat; i++) {
      for (const [which, broker] of [mosquitto, withUsers].entries()) {
        const [[rate]] = await inTurns([broker], ({ port }) => loginRate(port, users, AT_ONCE), 1) as [
          [number],
        ];
        firsts[which]!.push(rate);
      }
    }
    const [theirs, own] = [median(firsts[0]), median(firsts[1])];
    tell(
      `${users.length} first logins, $7$${ROUNDS}$, against mosquitto`,
      own / theirs,
      { least: 1.3 },
      "x",
      `${k(own)} of ${k(theirs)}`,
    );
  }
  const anonymous = users.map(() => null);
  const known = await inTurns(
    [await program(runtime), withUsers],
    ({ port }, which) => loginRate(port, which === 0 ? anonymous : users, AT_ONCE),
    repeat + 1,
  );
  // (The first round is that of first logins.)
  const [nobody, again] = known.map((rates) => median(rates.slice(1))) as [number, number];
  tell(
    `${users.length} logins again, against anonymous connects`,
    again / nobody,
    { least: 0.9 },
    "x",
    `${k(again)} of ${k(nobody)}`,
  );
}

/** One of many that are connected, while others go on. */
async function revoking(runtime: Runtime): Promise<void> {
  const beside = Math.round(9000 * scale);
  const messages = Math.round(20_000 * scale);
  const args = { mode: "pair", clients: 100, messages, warmup: messages / 10, payload: 16, beside };
  const delays: number[] = [];
  const rates: [number[], number[]] = [[], []];
  await inTurns([await ours(runtime, "revoking")], async ({ port, pid }) => {
    const operator = await connected(port, "operator");
    for (const revokes of [false, true]) {
      const done = runLoad(load, { ...args, port, pid }, []);
      let running = true;
      const also = (async () => {
        for (let i = 0; revokes && running; i++) {
          const victim = await connected(port, `victim-${i}`);
          delays.push(await revoke(operator, victim, `victim-${i}`));
          await new Promise((next) => setTimeout(next, 200));
        }
      })();
      const report = await done.finally(() => running = false);
      await also;
      rates[revokes ? 1 : 0].push(report.number(THROUGHPUT));
    }
    operator.destroy();
  });
  const worst = Math.max(...delays);
  tell(
    `one of ${beside.toLocaleString("en")} connected is revoked, until its connection ends`,
    median(delays),
    { most: 10 },
    "ms",
    `${delays.length} times, at most ${worst.toFixed(1)} ms, while others publish flat out`,
  );
  const [alone, disturbed] = [median(rates[0]), median(rates[1])];
  tell(
    "throughput of the others, five revoked a second",
    disturbed / alone,
    { least: 0.95 },
    "x",
    `${k(disturbed)} of ${k(alone)}`,
  );
}

const PARTS = { rules, logins, revoking } as const;
const runtimes: readonly Runtime[] = values.runtime === "both"
  ? ["deno", "bun"]
  : [values.runtime as Runtime];
for (const runtime of runtimes) {
  console.log(`${runtime}${values.quick ? ", a quick look" : ""}`);
  for (const [name, part] of Object.entries(PARTS)) {
    if (values.only.length === 0 || values.only.includes(name)) await part(runtime);
  }
}
process.exit(values.strict && missed > 0 ? 1 : 0);
