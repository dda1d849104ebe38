/** What a session needs of its connection: somewhere to send, and whether to wait. */

import type { QoS, Will } from "../packets/types.ts";
import type { Message } from "./message.ts";

export interface Outlet {
  /** So many bytes wait to be written that nothing should be added: QoS 0 is dropped, QoS 1 and 2 stay queued. */
  readonly congested: boolean;
  /** What is to be published if it ends without a word. */
  readonly will: Will | null;
  /** It is not larger than the client takes, as far as can be said before it is sent. */
  takes(message: Message, qos: QoS, identifiers: readonly number[] | null): boolean;
  /**
   * Sends a PUBLISH. False when it is larger than the client's Maximum Packet Size; then it counts as
   * delivered [MQTT-3.1.2-25].
   */
  publish(
    message: Message,
    qos: QoS,
    retain: boolean,
    dup: boolean,
    packetId: number,
    identifiers: readonly number[] | null,
  ): boolean;
  pubrel(packetId: number): void;
  /** Under which number what was just sent is held back; 0: it is not. */
  readonly hold: number;
}
