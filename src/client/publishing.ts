/** Messages on their way to the broker, MQTT 5.0 sections 4.3 and 4.4. */

import { NO_PROPERTIES, type Properties } from "../packets/properties.ts";
import { type AckPacket, type Packet, PacketType } from "../packets/types.ts";
import type { OutgoingMessage } from "./options.ts";

export type Done = (code: number, properties: Properties) => void;

interface OnItsWay {
  readonly message: OutgoingMessage;
  readonly done: Done | undefined;
  /** PUBREC has come: only the release is missing. */
  released: boolean;
}

export class Publishing {
  readonly #send: (packet: Packet) => void;
  readonly #freeId: () => number;
  readonly #open = new Map<number, OnItsWay>();
  #waiting: OnItsWay[] = [];
  #next = 0;
  #room = 0;

  constructor(send: (packet: Packet) => void, freeId: () => number) {
    this.#send = send;
    this.#freeId = freeId;
  }

  get count(): number {
    return this.#open.size + this.#waiting.length - this.#next;
  }

  has(packetId: number): boolean {
    return this.#open.has(packetId);
  }

  /** So many at once. */
  open(room: number): void {
    this.#room = room;
    this.#more();
  }

  add(message: OutgoingMessage, done: Done | undefined): void {
    if (message.qos === 0) {
      this.#publish(message, 0);
      return done?.(0, NO_PROPERTIES);
    }
    this.#waiting.push({ message, done, released: false });
    this.#more();
  }

  answered({ type, packetId, reasonCode, properties }: AckPacket): void {
    const one = this.#open.get(packetId);
    if (one === undefined) {
      // (Of an earlier connection: the broker is told that nothing waits for it.)
      if (type === PacketType.PUBREC) this.#release(packetId, 0x92);
      return;
    }
    if (type === PacketType.PUBREC && reasonCode < 0x80) {
      one.released = true;
      return this.#release(packetId, 0);
    }
    this.#open.delete(packetId);
    one.done?.(reasonCode, properties);
    this.#more();
  }

  /** What nobody has acknowledged. */
  rest(): { readonly message: OutgoingMessage; readonly done: Done | undefined }[] {
    return [
      ...[...this.#open.values()].filter(({ released }) => !released),
      ...this.#waiting.slice(this.#next),
    ];
  }

  #release(packetId: number, reasonCode: number): void {
    this.#send({ type: PacketType.PUBREL, packetId, reasonCode, properties: NO_PROPERTIES });
  }

  #more(): void {
    while (this.#next < this.#waiting.length && this.#open.size < this.#room) {
      const one = this.#waiting[this.#next++]!;
      const packetId = this.#freeId();
      this.#open.set(packetId, one);
      this.#publish(one.message, packetId);
    }
    if (this.#next > 1000 || this.#next === this.#waiting.length) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
  }

  #publish({ topic, payload, qos, retain, properties }: OutgoingMessage, packetId: number): void {
    this.#send({ type: PacketType.PUBLISH, dup: false, qos, retain, topic, packetId, payload, properties });
  }
}
