import type { ErrorCode } from "../core/codes.ts";

/** The command line cannot be understood; the message says how to get help. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  readonly code: ErrorCode = "usage-invalid";
  /** What the process ends with. */
  readonly exitCode: number;

  constructor(message: string, exitCode = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}
