/** The hooks that say who may connect and what clients may do, in the order in which they are asked. */

import type { Client } from "../../hook/client.ts";
import type { Hook } from "../../hook/hook.ts";

/** What was made from one item of the settings. */
export interface Link {
  /** With the same key it is the same, and is kept when the others change. */
  readonly key: string;
  /** In the order in which they are asked. */
  readonly hooks: readonly Hook[];
  /** Reads its file again; undefined: it has none. Rejects with an Error. */
  readonly reload?: () => Promise<void>;
  /** What is read again then: "the users", with what there is of them. */
  describe?(): string;
}

export interface Chain {
  readonly hooks: readonly Hook[];
  readonly links: readonly Link[];
  /** A client that is connected: somebody knows it. */
  mayStay(client: Client): boolean;
}
