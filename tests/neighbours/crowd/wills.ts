/** Those who are cut off, and have a will. */

import type { Client } from "../client/client.ts";
import { bytesOf, subscribe } from "../client/packets.ts";
import { NO_PROPERTIES } from "../../../src/packets/properties.ts";
import { each } from "./many.ts";
import { type Scenario, withData } from "./scenario.ts";
import { versionOf, type World } from "./world.ts";

const CLIENTS = 5000;

async function cutAll(world: World): Promise<void> {
  const watcher = await world.client("watcher", { version: 5 });
  watcher.send(bytesOf(5, subscribe(1, 1, "will/#")));
  const payload = new TextEncoder().encode("gone-gone-gone-gone");
  const clients: Client[] = [];
  await each(CLIENTS, 50, async (i) => {
    const will = { topic: `will/${i}`, payload, qos: 1, retain: true, properties: NO_PROPERTIES } as const;
    const client = await world.tried(`with-will-${i}`, { version: versionOf(i), will });
    if (client !== null) clients.push(client);
  });
  const startedAt = performance.now();
  watcher.onMessage = (): void => watcher.wake();
  for (const client of clients) client.reset();
  await watcher.change(world.deadline(), () => watcher.received >= clients.length);
  const took = ((performance.now() - startedAt) / 1000).toFixed(2);
  world.note(`${clients.length} cut off, ${watcher.received} wills came in ${took} s`);
  world.fact("wills that did not come", clients.length - watcher.received);
  watcher.close();
}

const cut: Scenario = {
  name: "6wills",
  does: "5,000 clients with a retained will connect and are cut off in one moment",
  seconds: 15,
  expects: [{ fact: "wills that did not come", most: 0 }],
  run: cutAll,
};

export const wills: readonly Scenario[] = [cut, withData(cut)];
