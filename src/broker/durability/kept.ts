/** What the keeper of the storage needs to know of what it keeps: to tell it again, and to go on after a failure. */

import type { Message } from "../../session/message.ts";
import type { Session } from "../../session/session.ts";
import type { SharedGroup } from "../../session/shared_group.ts";
import type { Core } from "../core.ts";

/** A session that has ended while what waits in it is still being passed on. */
export interface KeptHandOver {
  /** How many wait only in the storage. */
  readonly left: number;
  /** Tells the storage of it again. */
  tellAgain(): void;
  goOn(): void;
}

export interface KeptSessions {
  all(): Iterable<Session>;
  /** The group of `$share/group/filter`, when it has members. */
  group(filter: string): SharedGroup | null;
  redispatch(session: Session, now: number): void;
  readonly handOvers: {
    all(): Iterable<KeptHandOver>;
    get(clientId: string): KeptHandOver | undefined;
    /** The storage can be written again. */
    goOn(): void;
    /** It cannot. */
    refuse(): void;
  };
}

export interface Kept extends Core {
  readonly sessions: KeptSessions;
  readonly retained: { kept(): Iterable<Message> };
}
