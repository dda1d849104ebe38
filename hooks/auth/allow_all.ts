/**
 * Lets everyone in and everything through.
 *
 * @module
 */

import type { Hook, Opinion } from "../../src/hook/hook.ts";

/** Allows every connection, publish, subscription, delivery and will: for trusted networks and for tests. */
export class AllowAll implements Hook {
  readonly id: string = "allow-all";

  /** Everyone may connect. */
  onConnectAuthenticate(): Opinion {
    return "allow";
  }

  /** Everyone may do everything. */
  onAclCheck(): Opinion {
    return "allow";
  }
}
