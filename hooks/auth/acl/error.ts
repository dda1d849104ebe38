/** What is wrong with rules for topics: all of it at once. */

import type { ErrorCode } from "../../../src/core/codes.ts";

/** One thing that is wrong with them. */
export interface AclProblem {
  /** `file:line:column`, the file when all of it cannot be read, or the place in the objects. */
  readonly where: string;
  /** A sentence without the place. */
  readonly message: string;
}

/** The rules cannot be used; those that were in force before stay. */
export class AclError extends Error {
  /** `AclError`. */
  override readonly name: string = "AclError";
  /** `acl-invalid`; `file-not-readable` when there was no reading them. */
  readonly code: ErrorCode;
  /** Everything that was found, in the order written. */
  readonly problems: readonly AclProblem[];

  /** The message has a line for each problem. `code`: `acl-invalid` when it is left out. */
  constructor(problems: readonly AclProblem[], options?: ErrorOptions & { readonly code?: ErrorCode }) {
    super(problems.map(({ where, message }) => `${where}: ${message}`).join("\n"), options);
    this.code = options?.code ?? "acl-invalid";
    this.problems = problems;
  }
}
