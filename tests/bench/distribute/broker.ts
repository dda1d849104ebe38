/**
 * A broker that takes messages in three ways, for the benchmark: `broker.ts PORT FRAMES PUBLISH`. At PORT clients connect,
 * at FRAMES and PUBLISH come raw frames as a link between nodes carries them, and go to `Distributor.frames`, or one by one
 * through what a program publishes with.
 */

import process from "node:process";
import { AllowAll } from "../../../mod.ts";
import { Broker } from "../../../src/broker/broker.ts";
import { InlineClient } from "../../../src/inline/inline_client.ts";
import type { Accept } from "../../../src/runtime/stream.ts";
import { listenTcp } from "../../../src/runtime/tcp/tcp.ts";
import { FrameLink } from "./frame_link.ts";
import { PublishLink } from "./publish_link.ts";

const [port, frames, publish] = process.argv.slice(2).map(Number);

const broker = new Broker({ sysTopicInterval: 0 });
broker.addHook(new AllowAll());
broker.start();
const inline = new InlineClient(broker);
inline.open();

const listeners: readonly (readonly [number | undefined, Accept])[] = [
  [frames, (stream) => new FrameLink(broker, stream)],
  [publish, (stream) => new PublishLink(inline, stream)],
  // (Last: whoever can connect to it finds the others.)
  [port, (stream) => broker.accept(stream, "tcp")],
];
for (const [at, accept] of listeners) {
  await listenTcp({ hostname: "127.0.0.1", port: at ?? 0, onError: (error) => console.error(error) }, accept);
}
process.once("SIGTERM", () => process.exit(0));
