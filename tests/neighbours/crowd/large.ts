/** Packets that are as large or as full as they may be. */

import type { Properties } from "../../../src/packets/properties.ts";
import { bytesOf, subscribe } from "../client/packets.ts";
import { publishPacket } from "../../harness/client.ts";
import { aliasChanges } from "./aliases.ts";
import { publish } from "./flow.ts";
import { times } from "./many.ts";
import { Poured } from "./poured.ts";
import { type Scenario, withData } from "./scenario.ts";
import { versionOf, type World } from "./world.ts";

const MEBIBYTE = 2 ** 20;
/** For the topic and the rest of the packet. */
const HEAD = 40;

/** Clients that send themselves a mebibyte, and the next one when it has come. */
async function mebibytes(world: World): Promise<void> {
  const until = world.deadline();
  const payload = new Uint8Array(MEBIBYTE - HEAD);
  let sent = 0;
  let cut = 0;
  await times(200, async (i) => {
    const version = versionOf(i);
    const client = await world.tried(`big-${i}`, { version });
    if (client === null) return;
    client.send(bytesOf(version, subscribe(1, 1, `big/${i}`)));
    client.onMessage = (): void => client.wake();
    for (let k = 1; performance.now() < until && !client.ended; k++) {
      const packet = publishPacket(`big/${i}`, payload, { qos: 1, packetId: k % 60_000 + 1 });
      if (!await client.pour(bytesOf(version, packet), until + 2000)) break;
      sent++;
      await client.change(until, () => client.received >= k);
    }
    if (client.ended) cut++;
    client.close();
  });
  world.note(`${sent} messages of 1 MiB, ${cut} clients were cut off`);
}

function manyProperties(): Properties {
  const pair = (_: unknown, i: number): [string, string] => [`key-${i}-${"k".repeat(100)}`, "v".repeat(500)];
  return { userProperties: Array.from({ length: 64 }, pair) };
}

let changing: Poured | null = null;

/** Four of 38 kB of user properties, and four that change aliases. */
async function properties(world: World): Promise<void> {
  const until = world.deadline();
  const properties = manyProperties();
  const subscriber = await world.client("properties-subscriber", { version: 5 });
  subscriber.send(bytesOf(5, subscribe(1, 1, "up/#")));
  let acknowledged = 0;
  const aliases = changing!.run(world, until);
  await times(4, async (i) => {
    const client = await world.client(`properties-${i}`, { version: 5 });
    const count = await publish(client, {
      window: 50,
      until,
      message: () => [`up/${i}`, "x", { properties }],
    });
    acknowledged += count;
    client.close();
  });
  world.note(`${acknowledged} messages with 64 user properties, ${await aliases} with an alias changed`);
  subscriber.close();
}

const big: Scenario = {
  name: "10big",
  does: "200 clients send themselves messages of 1 MiB with QoS 1, one after the other",
  seconds: 12,
  run: mebibytes,
};

export const large: readonly Scenario[] = [
  big,
  withData(big),
  {
    name: "10props",
    does: "four clients publish with 38 kB of user properties, four change topic aliases",
    seconds: 12,
    prepare: async () => {
      changing = await Promise.resolve(new Poured(aliasChanges(4)));
    },
    run: properties,
  },
];
