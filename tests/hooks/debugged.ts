/** A broker with the debug hook, and what the hook says. */

import { AllowAll } from "../../hooks/auth/allow_all.ts";
import { Debug, type DebugOptions } from "../../hooks/debug.ts";
import type { Hook } from "../../src/hook/hook.ts";
import type { PublishPacket } from "../../src/packets/types.ts";
import { TestBroker, type TestClient } from "../harness/mod.ts";

export interface Watched extends AsyncDisposable {
  readonly broker: TestBroker;
  readonly lines: string[];
  /** Those that begin like that. */
  having(start: string): string[];
}

export function watch(options: DebugOptions = {}, ...others: Hook[]): Watched {
  const lines: string[] = [];
  const debug = new Debug({ log: (line) => lines.push(line), ...options });
  const hooks = [debug, ...(others.length === 0 ? [new AllowAll()] : others)];
  const broker = new TestBroker({ hooks });
  return {
    broker,
    lines,
    having: (start) => lines.filter((line) => line.startsWith(start)),
    [Symbol.asyncDispose]: () => broker[Symbol.asyncDispose](),
  };
}

export const bytes: (text: string) => Uint8Array = (text) => new TextEncoder().encode(text);

/** For a client that subscribes to what it publishes: whichever comes first. */
export async function published(
  client: TestClient,
  topic: string,
  payload: string,
  options: Partial<PublishPacket> = {},
): Promise<number> {
  client.publish(topic, payload, { ...options, qos: 1 });
  return (await client.pick(4)).reasonCode;
}

export async function publishing(watched: Watched, payload: string | Uint8Array): Promise<string> {
  const client = await watched.broker.connected(5, { clientId: "p" });
  await client.published("t", payload, { qos: 1 });
  const line = watched.having('in "p" PUBLISH')[0]!;
  return line.slice(line.indexOf("length="));
}
