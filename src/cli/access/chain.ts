/** The hooks that say who may connect and what clients may do, in the order in which they are asked. */

import type { BackEnd } from "../../../hooks/auth/frame/back_end.ts";
import type { Client } from "../../hook/client.ts";
import type { Hook } from "../../hook/hook.ts";
import type { Parts } from "../parts.ts";

/** What it takes besides the settings. */
export interface AccessSurroundings {
  readonly parts: Parts;
  /** The directory for data; null: there is none. */
  readonly data: string | null;
}

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

export interface BackEndLink extends Link {
  readonly backEnd: BackEnd;
  /** What its users may do is not said by it: everything, unless there are rules for everybody. */
  readonly open: boolean;
  /** A name nobody knows may take as long as a wrong password of its users. */
  readonly disguise: boolean;
}

export interface Chain {
  readonly hooks: readonly Hook[];
  readonly links: readonly Link[];
  /** Whoever is let in without a password may do everything. */
  readonly open: boolean;
  /** A client that is connected: somebody knows it. */
  mayStay(client: Client): boolean;
}
