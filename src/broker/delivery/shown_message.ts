/** A message for hooks and programs, which compare its expiry with the machine's clock. */

import type { MessageInfo } from "../../hook/answers.ts";
import type { Properties } from "../../packets/properties.ts";
import type { QoS } from "../../packets/types.ts";
import { type Message, NEVER } from "../../session/message.ts";
import type { Core } from "../core.ts";

/** The message itself, unless it expires and the clock was set since the broker counts. */
export function shownMessage(core: Core, message: Message): MessageInfo {
  const { clock } = core;
  if (clock.offset === 0 || message.expiresAt === NEVER) return message;
  return new ShownMessage(message, clock.shown(message.expiresAt));
}

class ShownMessage implements MessageInfo {
  readonly topic: string;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly properties: Properties;
  readonly publisher: string;
  readonly expiresAt: number;
  readonly #message: Message;

  constructor(message: Message, expiresAt: number) {
    this.topic = message.topic;
    this.qos = message.qos;
    this.retain = message.retain;
    this.properties = message.properties;
    this.publisher = message.publisher;
    this.expiresAt = expiresAt;
    this.#message = message;
  }

  /** (Whoever does not look at it costs no copy.) */
  get payload(): Uint8Array {
    return this.#message.payload;
  }
}
