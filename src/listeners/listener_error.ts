/** Why a listener could not be opened: one line that says what to do about it. */

import { type ErrorCode, errorCodeOf } from "../core/codes.ts";
import { describeListenFault, listenFaultCode } from "../runtime/tcp/listen_fault.ts";

/** A listener cannot be added or opened. */
export class ListenerError extends Error {
  /** Always that. */
  override readonly name = "ListenerError";
  /** Why: `listener-not-opened` unless it says better. */
  readonly code: ErrorCode;
  /** The id of the listener, if it is the one that could not be opened. */
  readonly listener: string | null;

  /** `listener`: the id of the one that could not be opened. `code`: `listener-not-opened` when it is left out. */
  constructor(
    message: string,
    options?: ErrorOptions & { readonly listener?: string; readonly code?: ErrorCode },
  ) {
    super(message, options);
    this.code = options?.code ?? "listener-not-opened";
    this.listener = options?.listener ?? null;
  }
}

interface Named {
  readonly id: string;
  readonly protocol: string;
}

/** The same line on every runtime for the same fault. */
export function listenerError(listener: Named, address: string, thrown: unknown): ListenerError {
  if (thrown instanceof ListenerError) return thrown;
  const what = `Cannot open the ${listener.protocol} listener "${listener.id}" at "${address}"`;
  return new ListenerError(`${what}: ${describeListenFault(thrown)}`, {
    cause: thrown,
    listener: listener.id,
    code: errorCodeOf(thrown) ?? listenFaultCode(thrown) ?? "listener-not-opened",
  });
}
