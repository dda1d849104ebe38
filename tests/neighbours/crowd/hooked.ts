/** Those whose messages a hook takes a tenth of a second for. */

import { bytesOf } from "../client/packets.ts";
import { publishPacket } from "../../harness/client.ts";
import { publish } from "./flow.ts";
import { paced } from "./many.ts";
import type { Scenario } from "./scenario.ts";
import type { World } from "./world.ts";

async function wait(world: World): Promise<void> {
  const first = await world.client("slow-hook-1");
  const acknowledged = await publish(first, {
    count: 10_000,
    window: 500,
    rate: 1000,
    until: world.deadline(),
    message: () => ["hooked/y", "z"],
  });
  world.note(`${acknowledged} messages of QoS 1 acknowledged`);
  const second = await world.client("slow-hook-0", { version: 5 });
  const bytes = bytesOf(5, publishPacket("hooked/z", new Uint8Array(200)));
  const sent = await paced(10_000, world.deadline(0.7 * world.seconds), () => second.send(bytes));
  world.note(`${sent} messages of QoS 0 sent`);
  first.close();
  second.close();
}

export const hooked: readonly Scenario[] = [{
  name: "15hook",
  does: "a hook takes 0.1 s for each message of two clients, which send 1,000 and 10,000 a second",
  seconds: 10,
  slowHook: true,
  run: wait,
}];
