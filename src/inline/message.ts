/** A message as the handler of an inline subscription is given it. */

import type { MessageInfo } from "../hook/answers.ts";
import type { Message } from "../session/message.ts";

/** A message as the handler of an inline subscription is given it. */
export interface InlineMessage extends MessageInfo {
  /** It was there before: it comes because of the subscription, not because somebody published it now. */
  readonly retained: boolean;
}

/** A plain object, so that it can be printed, copied and sent to a worker. `ahead`: what the machine's clock is. */
export function inlineMessage(message: Message, retained: boolean, ahead: number): InlineMessage {
  const { topic, payload, qos, retain, properties, publisher, expiresAt } = message;
  return { topic, payload, qos, retain, retained, properties, publisher, expiresAt: expiresAt + ahead };
}
