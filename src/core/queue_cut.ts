/** What was taken out of queues because memory is used up. */

export interface QueueCut {
  /** Lost. */
  readonly messages: number;
  /** Roughly the memory they held. */
  readonly bytes: number;
  /** The same of what is still in the storage, so that nothing is lost. */
  readonly unloaded: number;
}

export const NOTHING_CUT: QueueCut = Object.freeze({ messages: 0, bytes: 0, unloaded: 0 });

export function sumOf(one: QueueCut, other: QueueCut): QueueCut {
  return {
    messages: one.messages + other.messages,
    bytes: one.bytes + other.bytes,
    unloaded: one.unloaded + other.unloaded,
  };
}
