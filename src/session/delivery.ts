/** One QoS 1 or 2 message on its way to one session. */

import type { QoS } from "../packets/types.ts";
import type { Message } from "./message.ts";
import type { Retain } from "./retain.ts";
import type { RouteGroup } from "./route.ts";

export class Delivery {
  readonly message: Message;
  readonly qos: QoS;
  readonly retain: Retain;
  readonly identifiers: readonly number[] | null;
  /** The shared subscription it came through; it may go to another member if this session ends. */
  readonly group: RouteGroup | null;
  /** Where it stands among the deliveries of its session, from 1; 0: the session is not kept. */
  sequence = 0;
  /** 0 while it waits in the queue. */
  packetId = 0;
  /** PUBREC has come: only PUBREL is sent from here on. */
  released = false;
  /** An earlier connection began it, and this one has not gone on with it yet. */
  toRepeat = false;
  /** The number of the batch of output that has it and is held back; 0: it is out, as far as anybody knows. */
  heldBatch = 0;
  /** That output was thrown away: it never left, so that sending it is no repetition. */
  unsent = false;

  constructor(
    message: Message,
    qos: QoS,
    retain: Retain,
    identifiers: readonly number[] | null,
    group: RouteGroup | null,
  ) {
    this.message = message;
    this.qos = qos;
    this.retain = retain;
    this.identifiers = identifiers;
    this.group = group;
  }
}
