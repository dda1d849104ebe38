/** Why a hook could not be added: one line that says what to do about it. */

/** A hook cannot be added or started. */
export class HookError extends Error {
  /** Always that. */
  override readonly name = "HookError";
  /** The id of the hook. */
  readonly hook: string;

  /** `hook`: the id of the one it is about. */
  constructor(message: string, hook: string, options?: ErrorOptions) {
    super(message, options);
    this.hook = hook;
  }
}
