/**
 * Lets everyone in and everything through.
 *
 * @module
 */

import type { Explained, Hook, Opinion } from "../../src/hook/hook.ts";

/** Allows every connection, publish, subscription, delivery and will: for trusted networks and for tests. */
export class AllowAll implements Hook {
  readonly id: string = "allow-all";

  /** Everyone may connect. */
  onConnectAuthenticate(): Opinion {
    return "allow";
  }

  /** There is nothing to look up. */
  onExplain(): Explained {
    return { answer: "allow", detail: "it allows everything" };
  }

  /** Everyone may do everything. */
  onAclCheck(): Opinion {
    return "allow";
  }
}
