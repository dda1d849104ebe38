/** A broker that is asked why, and what it really does. */

import { explain } from "../../../src/broker/explain/explain.ts";
import type { ExplainedPacket, ExplainRequest, Explanation } from "../../../src/broker/explain/types.ts";
import type { ConnectPacket, ProtocolVersion } from "../../../src/packets/types.ts";
import { TestBroker, type TestClient } from "../../harness/mod.ts";

export class AskedBroker extends TestBroker {
  ask(request: ExplainRequest): Promise<Explanation> {
    return explain(this.broker, {
      first: "memory",
      find: (id) => id === "memory" ? { protocol: "memory", address: "nowhere" } : null,
    }, request);
  }

  /** One that is connected, under the id "c". */
  async known(version: ProtocolVersion, options: Partial<ConnectPacket> = {}): Promise<TestClient> {
    return await this.connected(version, { clientId: "c", ...options });
  }
}

/** Everything that may be counted, kept or remembered by a broker, as one text. */
export function stateOf({ broker }: TestBroker): string {
  const { connections, hooks, pool: _p, sessions, stats } = broker;
  const kept = [...sessions.all()].map((session) => [
    session.clientId,
    [...session.subscriptions.keys()],
    session.queuedCount,
    session.inflightCount,
    session.rights === null,
  ]);
  const { bytesReceived: _r, packetsReceived: _q, ...counted } = stats;
  return JSON.stringify([
    connections.size,
    hooks.generation,
    kept,
    counted,
    [...broker.retained.kept()].length,
  ]);
}

export function bytesOf(packet: ExplainedPacket | null): string {
  return packet === null ? "" : packet.fields.map(({ bytes }) => bytes).join(" ");
}

/** All bytes a client is sent from now on. */
export function listen(client: TestClient): { hex(): string } {
  const heard: number[] = [];
  client.tap = (bytes): void => void heard.push(...bytes);
  return { hex: () => heard.map((byte) => byte.toString(16).padStart(2, "0")).join(" ") };
}
