/** What is wrong with a ledger: all of it at once. */

import type { ErrorCode } from "../../../src/core/codes.ts";

/** One thing that is wrong with the rules. */
export interface LedgerProblem {
  /** `file:line:column`; for objects the path, such as `acl[2].filters["a/#b"]`. */
  readonly where: string;
  /** A sentence without the place; never a password. */
  readonly message: string;
}

/** The rules cannot be used; those that were in force before stay. */
export class LedgerError extends Error {
  /** `LedgerError`. */
  override readonly name: string = "LedgerError";
  /** `ledger-invalid`; `file-not-readable` when there was no reading them. */
  readonly code: ErrorCode;
  /** Everything that was found, in the order of the rules. */
  readonly problems: readonly LedgerProblem[];

  /** The message has a line for each problem. `code`: `ledger-invalid` when it is left out. */
  constructor(problems: readonly LedgerProblem[], options?: ErrorOptions & { readonly code?: ErrorCode }) {
    super(problems.map(({ where, message }) => `${where}: ${message}`).join("\n"), options);
    this.code = options?.code ?? "ledger-invalid";
    this.problems = problems;
  }
}
