/** Where messages for an inline subscription go: into its queue. In the place a network client has its connection. */

import { Slice } from "../core/slices.ts";
import type { Backlog } from "../session/backlog.ts";
import type { Outlet } from "../session/outlet.ts";

export class InlineOutlet implements Outlet {
  readonly client: null = null;
  readonly output: null = null;
  readonly outgoing: null = null;
  readonly will: null = null;
  /** Never the bytes of others as they are: each message by itself. */
  readonly rawVersion = 0;
  /** It publishes nothing itself: nobody waits for its acknowledgements. */
  readonly waitsForReceiver = false;
  /** Its queue is emptied by its handler alone. */
  readonly waitsForUs = false;
  /** What it is given is there. */
  readonly heldBatch = 0;
  readonly slice: Slice = new Slice();
  backlog: Backlog | null = null;
  /**
   * So far behind that another member of its shared subscription is preferred. One that is alone is never: its
   * queue decides what is dropped.
   */
  congested = false;

  /** Its queue says when. */
  readonly full = true;

  takes(): boolean {
    return true;
  }

  /** Its session does not send in this way. */
  publish(): boolean {
    return true;
  }

  pubrel(): void {}

  emptied(): void {}

  /** Nobody takes over its session, or looks for it among those of clients. */
  disconnect(): void {}
}
