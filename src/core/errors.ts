/** Errors of no class of their own, with a code. What they are called stays `Error`, `TypeError` and `RangeError`. */

import type { ErrorCode } from "./codes.ts";

/** Something cannot be done now. */
export class CodedError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A value is of another type or form than what is accepted. */
export class CodedTypeError extends TypeError {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** A value is out of the range of what is accepted. */
export class CodedRangeError extends RangeError {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
