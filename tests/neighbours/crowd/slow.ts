/** Subscribers that read next to nothing. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../client/client.ts";
import { bytesOf, connectBytes, subscribe } from "../client/packets.ts";
import { publishPacket } from "../../harness/client.ts";
import { publish } from "./flow.ts";
import { paced, times } from "./many.ts";
import { type Scenario, withData } from "./scenario.ts";
import { readSlowly } from "./slow_reader.ts";
import { versionOf, type World } from "./world.ts";

const READERS = 200;
const RATE = 2000;
const PAYLOAD = new Uint8Array(1024).fill(0x73);

async function publishAll(world: World, client: Client, qos: 0 | 1, until: number): Promise<number> {
  if (qos === 1) {
    return await publish(client, { window: 200, rate: RATE, until, message: () => ["sl/x", PAYLOAD] });
  }
  const bytes = bytesOf(4, publishPacket("sl/x", PAYLOAD));
  const count = await paced(RATE, until, () => client.send(bytes));
  if (client.ended) world.note("The publisher was cut off");
  return count;
}

function slowReaders(qos: 0 | 1): Scenario["run"] {
  return async (world) => {
    const until = world.deadline(world.seconds + 1);
    const reading = times(READERS, async (i) => {
      const version = versionOf(i);
      const socket = await world.socket();
      socket.write(connectBytes(`slow-${i}`, { version }));
      socket.write(bytesOf(version, subscribe(1, qos, "sl/x")));
      await readSlowly(socket, 1000, until);
    });
    const fast = await world.client("fast");
    fast.send(bytesOf(4, subscribe(1, qos, "sl/x")));
    await sleep(500);
    const publisher = await world.client("slow-publisher");
    const count = await publishAll(world, publisher, qos, until - 500);
    await reading;
    world.note(`${count} messages, ${fast.received} of them came to a reader that is not slow`);
    publisher.close();
    fast.close();
  };
}

const acknowledged: Scenario = {
  name: "8slow1",
  does: "the same with QoS 1",
  seconds: 12,
  run: slowReaders(1),
};

export const slow: readonly Scenario[] = [
  {
    ...acknowledged,
    name: "8slow0",
    does: "200 subscribers that read 1 kB/s, 2,000 messages/s of 1 kB with QoS 0",
    run: slowReaders(0),
  },
  acknowledged,
  withData(acknowledged),
];
