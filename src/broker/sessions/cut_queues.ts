/** Memory is used up: what waits in the largest queues goes. */

import { NOTHING_CUT, type QueueCut, sumOf } from "../../core/queue_cut.ts";
import type { Session } from "../../session/session.ts";

/**
 * Takes about so many bytes out of those that hold most, down to a level that all of them keep below. What a storage has
 * leaves memory alone; of the others the oldest or newest go, as `queueFull` says.
 */
export function cutQueues(sessions: Iterable<Session>, bytes: number): QueueCut {
  const holding: { readonly session: Session; readonly held: number }[] = [];
  for (const session of sessions) {
    const held = session.waiting?.held ?? 0;
    if (held > 0) holding.push({ session, held });
  }
  holding.sort((a, b) => b.held - a.held);
  const level = levelOf(holding.map(({ held }) => held), bytes);
  let cut = NOTHING_CUT;
  for (const { session, held } of holding) {
    if (held <= level) break;
    // (A hook that was told of what another one lost may have ended it.)
    cut = sumOf(cut, session.waiting?.cut(held - level) ?? NOTHING_CUT);
  }
  return cut;
}

/** Above it there are about so many bytes in all. `held`: the largest first. */
export function levelOf(held: readonly number[], bytes: number): number {
  let above = 0;
  for (let i = 0; i < held.length; i++) {
    above += held[i]!;
    const next = held[i + 1] ?? 0;
    // The first of them, all down to the next one, would be enough.
    if (above - next * (i + 1) >= bytes) return Math.max(0, Math.floor((above - bytes) / (i + 1)));
  }
  return 0;
}
