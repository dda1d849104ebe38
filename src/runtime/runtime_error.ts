/** What goes wrong between the runtime and the broker. */

/** Some of the codes in `src/core/codes.ts`, which stands a floor above; `tests/core/codes_test.ts` compares them. */
export type RuntimeErrorCode =
  | "argument-invalid"
  | "address-in-use"
  | "address-not-available"
  | "body-too-large"
  | "broker-silent"
  | "certificate-invalid"
  | "file-not-readable"
  | "handler-failed"
  | "permission-denied"
  | "requests-exceeded"
  | "sockets-exceeded";

/** Something cannot be done, or must be told. It is called `Error` as all of its kind. */
export class RuntimeError extends Error {
  readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What a program has given is something else than what is accepted. It is called `TypeError`. */
export class RuntimeTypeError extends TypeError {
  readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** What was given is more than is accepted. It is called `RangeError`. */
export class RuntimeRangeError extends RangeError {
  readonly code: RuntimeErrorCode;

  constructor(code: RuntimeErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
