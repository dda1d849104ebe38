/** Hooks that tests of more than one room need. */

import type { Hook } from "../../src/hook/hook.ts";

/** AllCandidates may do everything. */
export const openRights: Hook = {
  id: "open",
  onConnectAuthenticate: () => "allow",
  onAclCheck: () => "allow",
};
