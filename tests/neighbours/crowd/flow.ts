/** A publisher of QoS 1 that has so many messages on their way at once. */

import { setTimeout as sleep } from "node:timers/promises";
import type { PublishPacket } from "../../../src/packets/types.ts";
import type { Client } from "../client/client.ts";
import { Batch } from "../client/packets.ts";

const PACKET_IDS = 65_000;
/** For what is on its way when the time is up, in milliseconds. */
const PATIENCE_MS = 3000;
/** What is sent at once, in bytes. */
const PIECE = 60_000;

export interface Flow {
  /** Messages; as many as there is time for when nothing is said. */
  readonly count?: number;
  readonly window: number;
  /** Messages a second; as fast as it goes when nothing is said. */
  readonly rate?: number;
  /** A time of `performance.now()`. */
  readonly until: number;
  readonly message: (
    i: number,
  ) => readonly [topic: string, payload: string | Uint8Array, more?: Partial<PublishPacket>];
}

/** Resolves with the number of messages that were acknowledged. */
export async function publish(client: Client, flow: Flow): Promise<number> {
  const { count = Infinity, window, rate = Infinity, until, message } = flow;
  const startedAt = performance.now();
  const batch = new Batch(client.version);
  let sent = 0;
  let acknowledged = 0;
  client.onAcknowledged = (): void => {
    acknowledged++;
    client.wake();
  };
  const due = (): number =>
    Math.min(count, acknowledged + window, dueBy(performance.now() - startedAt, rate));
  while (sent < count && !client.ended && performance.now() < until) {
    for (; sent < due() && batch.length < PIECE; sent++) {
      const [topic, payload, more] = message(sent);
      batch.publish(topic, payload, { qos: 1, packetId: sent % PACKET_IDS + 1, ...more });
    }
    if (batch.length > 0) {
      if (!await client.pour(batch.take(), until)) break;
    } else if (sent < acknowledged + window) await sleep(1);
    else await client.change(until, () => acknowledged + window > sent);
  }
  await client.change(Math.min(until, performance.now()) + PATIENCE_MS, () => acknowledged === sent);
  client.onAcknowledged = null;
  return acknowledged;
}

function dueBy(milliseconds: number, rate: number): number {
  return rate === Infinity ? Infinity : Math.floor(milliseconds * rate / 1000) + 1;
}
