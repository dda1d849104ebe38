/**
 * The neighbours, in a process of their own so that the crowd's work does not delay what is measured: `process.ts PORT`.
 * It says `{"ready": true}`, is told `{"phase": …}` and at last `{"end": true}`, and says its `{"figures": …}`.
 */

import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { type Order, orders, say } from "../talk.ts";
import { Neighbourhood } from "./neighbourhood.ts";

/** For messages that are on their way at the end, of QoS 1 and QoS 0, in milliseconds. */
const PATIENCE_MS = 5000;
const PATIENCE_0_MS = 1000;

const neighbourhood = new Neighbourhood(Number(process.argv[2]));

async function end(): Promise<void> {
  neighbourhood.finishing = true;
  const { ledger } = neighbourhood;
  const startedAt = performance.now();
  const within = (ms: number): boolean => performance.now() < startedAt + ms;
  while (ledger.missing(1) > 0 && within(PATIENCE_MS) || ledger.missing(0) > 0 && within(PATIENCE_0_MS)) {
    await sleep(20);
  }
  const figures = await neighbourhood.figures();
  neighbourhood.over = true;
  say({ figures });
  process.exit(0);
}

orders((order: Order) => {
  if ("phase" in order) neighbourhood.begin(order.phase);
  else void end();
});
await neighbourhood.start();
say({ ready: true });
