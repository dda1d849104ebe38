/** What the parts of a chain have to know of a back end. */

import type { Hook } from "../../../src/hook/hook.ts";
import type { PasswordHash } from "../passwords/hash.ts";
import type { LetIn } from "./let_in.ts";

/** A hook that knows users: it lets those in who have the right password, and has no opinion of all others. */
export interface BackEnd extends Hook {
  /** Whom it has let in. */
  readonly letIn: LetIn;
  /** A slow hash of one of its users: checking it takes as long as checking another's. Null: it has none. */
  readonly decoy: PasswordHash | null;
}
