/** Handshakes that are begun and held, one more of them than a listener waits for. */

import type net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { clientHello, secured, upgraded } from "./handshakes.ts";
import { each } from "./many.ts";
import type { Scenario } from "./scenario.ts";
import type { World } from "./world.ts";

const HALF_OPEN = 1010;
const EVERY_MS = 200;
/** Of the ClientHello. */
const BEGINNING = 100;

/** Connects again and again; says how it went. */
async function newcomers(
  world: World,
  what: string,
  connect: (world: World) => Promise<net.Socket>,
  until: number,
): Promise<void> {
  const refused = new Map<string, number>();
  let letIn = 0;
  let slowest = 0;
  while (performance.now() < until) {
    const startedAt = performance.now();
    try {
      (await connect(world)).destroy();
      letIn++;
      slowest = Math.max(slowest, performance.now() - startedAt);
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      refused.set(why, (refused.get(why) ?? 0) + 1);
    }
    await sleep(EVERY_MS);
  }
  const count = [...refused.values()].reduce((sum, one) => sum + one, 0);
  const reasons = [...refused].map(([why, count]) => `, ${count}: ${why}`).join("");
  world.note(
    `${what}: ${letIn} newcomers let in, the slowest after ${Math.round(slowest)} ms, ${count} not${reasons}`,
  );
  world.fact(`${what} newcomers not let in`, count);
  world.fact(`slowest ${what} newcomer, ms`, slowest);
}

async function hold(world: World): Promise<void> {
  const until = world.deadline();
  const hello = (await clientHello()).subarray(0, BEGINNING);
  const sockets: net.Socket[] = [];
  await each(HALF_OPEN, 1, async () => {
    for (
      const [port, bytes] of [[world.ports.ws, "GET /mqtt HTTP/1.1\r\nHost: x\r\n"], [
        world.ports.tls,
        hello,
      ]] as const
    ) {
      const socket = await world.socket(port).catch(() => null);
      if (socket === null) continue;
      socket.write(bytes);
      socket.resume();
      sockets.push(socket);
    }
  });
  await sleep(500);
  await Promise.all([
    newcomers(world, "WebSocket", upgraded, until),
    newcomers(world, "TLS", secured, until),
  ]);
  for (const socket of sockets) socket.destroy();
}

export const pending: readonly Scenario[] = [{
  name: "11pend",
  does:
    "1,010 half-open handshakes of WebSocket and as many of TLS are held, and others want to come in there",
  seconds: 14,
  expects: ["WebSocket", "TLS"].flatMap((what) => [
    { fact: `${what} newcomers not let in`, most: 0 },
    { fact: `slowest ${what} newcomer, ms`, most: "newcomer" as const },
  ]),
  run: hold,
}];
