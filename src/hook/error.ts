/** Why a hook could not be added: one line that says what to do about it. */

import type { ErrorCode } from "../core/codes.ts";

/** A hook cannot be added or started. */
export class HookError extends Error {
  /** Always that. */
  override readonly name = "HookError";
  /** Why: `hook-failed` unless it says better. */
  readonly code: ErrorCode;
  /** The id of the hook. */
  readonly hook: string;

  /** `hook`: the id of the one it is about. `code`: `hook-failed` when it is left out. */
  constructor(message: string, hook: string, options?: ErrorOptions & { readonly code?: ErrorCode }) {
    super(message, options);
    this.code = options?.code ?? "hook-failed";
    this.hook = hook;
  }
}
