/** Publishes 50 messages a second, whatever comes; at QoS 1 it repeats what was not acknowledged on a new connection. */

import { setTimeout } from "node:timers";
import { setTimeout as sleep } from "node:timers/promises";
import { publishPacket } from "../../harness/client.ts";
import { Client } from "../client/client.ts";
import { bytesOf } from "../client/packets.ts";
import type { Flow } from "../figures.ts";
import type { Neighbourhood } from "./neighbourhood.ts";

const EVERY_MS = 20;
const AGAIN_MS = 200;
/** Of the payload: the flow, the number of the message, and what makes it as long as a measured value is. */
const PAYLOAD_BYTES = 40;
const PACKET_IDS = 65_535;

interface Open {
  readonly number: number;
  readonly bytes: Uint8Array;
}

export class Publisher {
  readonly #around: Neighbourhood;
  readonly #number: number;
  readonly #flow: Flow;
  readonly #name: string;
  #client: Client | null = null;
  /** By packet id, in the order of sending. */
  readonly #open: Map<number, Open> = new Map();
  #packetId = 0;
  #due = 0;

  constructor(around: Neighbourhood, number: number, flow: Flow) {
    this.#around = around;
    this.#number = number;
    this.#flow = flow;
    this.#name = `publisher ${flow.version} QoS ${flow.qos}`;
  }

  /** Resolves when it is connected and publishes. */
  async start(): Promise<void> {
    await this.#connect();
    this.#due = performance.now();
    this.#tick();
  }

  async #connect(): Promise<void> {
    const { version, qos } = this.#flow;
    while (!this.#around.over) {
      try {
        const client = await Client.open(`neighbour-pub-${version}-${qos}`, {
          ...this.#around.home(version),
          version,
        });
        client.onAcknowledged = (packetId, reasonCode): void => this.#acknowledged(packetId, reasonCode);
        client.onEnd = (): void => {
          this.#around.lost(this.#name, client);
          this.#client = null;
          if (!this.#around.over) void sleep(AGAIN_MS).then(() => this.#connect());
        };
        // (The session is a new one, the messages are not: they may come twice, and do not get lost.)
        for (const { number, bytes } of this.#open.values()) {
          this.#around.ledger.repeats(this.#number, number);
          client.send(again(bytes));
        }
        this.#client = client;
        return;
      } catch (error) {
        this.#around.note(`${this.#name}: ${error instanceof Error ? error.message : String(error)}`);
        await sleep(AGAIN_MS);
      }
    }
  }

  #acknowledged(packetId: number, reasonCode: number): void {
    const open = this.#open.get(packetId);
    this.#open.delete(packetId);
    if (open === undefined || reasonCode < 0x80) return;
    this.#around.note(`${this.#name}: PUBACK ${reasonCode}`);
    this.#around.ledger.refused(this.#number, open.number);
  }

  /** Sends what is due, which is more than one message when it was late. */
  #tick(): void {
    if (this.#around.finishing) return;
    while (this.#due <= performance.now()) {
      this.#publish(this.#due);
      this.#due += EVERY_MS;
    }
    setTimeout(() => this.#tick(), this.#due - performance.now());
  }

  #publish(due: number): void {
    const { version, qos } = this.#flow;
    const payload = new Uint8Array(PAYLOAD_BYTES);
    const view = new DataView(payload.buffer);
    view.setUint8(0, this.#number);
    const number = this.#around.ledger.sends(this.#number, due);
    view.setUint32(1, number);
    const packetId = qos === 0 ? 0 : this.#nextId();
    const bytes = bytesOf(version, publishPacket(`nb/${version}/${qos}`, payload, { qos, packetId }));
    if (qos === 1) this.#open.set(packetId, { number, bytes });
    this.#client?.send(bytes);
  }

  #nextId(): number {
    do this.#packetId = this.#packetId % PACKET_IDS + 1; while (this.#open.has(this.#packetId));
    return this.#packetId;
  }
}

/** With DUP. */
function again(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  copy[0]! |= 0b1000;
  return copy;
}
