/** What is wrong with a file of users: all of it at once. */

import type { ErrorCode } from "../../../src/core/codes.ts";

/** One thing that is wrong with the file. */
export interface UsersProblem {
  /** `file:line`, or the file when all of it cannot be read. */
  readonly where: string;
  /** A sentence without the place; never a password or a hash. */
  readonly message: string;
}

/** The file cannot be used; the users that were in force before stay. */
export class UsersError extends Error {
  /** `UsersError`. */
  override readonly name: string = "UsersError";
  /** `users-invalid`; `file-not-readable` when there was no reading it. */
  readonly code: ErrorCode;
  /** Everything that was found, in the order of the lines. */
  readonly problems: readonly UsersProblem[];

  /** The message has a line for each problem. `code`: `users-invalid` when it is left out. */
  constructor(problems: readonly UsersProblem[], options?: ErrorOptions & { readonly code?: ErrorCode }) {
    super(problems.map(({ where, message }) => `${where}: ${message}`).join("\n"), options);
    this.code = options?.code ?? "users-invalid";
    this.problems = problems;
  }
}
