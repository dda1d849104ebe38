/** One QoS 1 or 2 message on its way to one session. */

import type { QoS } from "../packets/types.ts";
import type { Message } from "./message.ts";
import type { Retain } from "./retain.ts";
import type { SharedGroup } from "./shared_group.ts";

export class Delivery {
  readonly message: Message;
  readonly qos: QoS;
  readonly retain: Retain;
  readonly identifiers: readonly number[] | null;
  /** The shared subscription it came through; it may go to another member if this session ends. */
  readonly group: SharedGroup | null;
  /** Where it stands among the deliveries of its session, from 1; 0: the session is not kept. */
  sequence = 0;
  /** 0 while it waits in the queue. */
  packetId = 0;
  /** PUBREC has come: only PUBREL is sent from here on. */
  released = false;
  /** An earlier connection began it, and this one has not gone on with it yet. */
  toRepeat = false;
  /** It was put into output that is held back, under this number; 0: it is out, as far as anybody knows. */
  hold = 0;
  /** That output was thrown away: it never left, so that sending it is no repetition. */
  unsent = false;

  constructor(
    message: Message,
    qos: QoS,
    retain: Retain,
    identifiers: readonly number[] | null,
    group: SharedGroup | null,
  ) {
    this.message = message;
    this.qos = qos;
    this.retain = retain;
    this.identifiers = identifiers;
    this.group = group;
  }
}
