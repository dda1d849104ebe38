/** What an error says. */

/** (Anything may be thrown, also what is no text.) */
export function textOf(error: unknown): string {
  try {
    return error instanceof Error ? error.message : String(error);
  } catch {
    return "something that cannot be shown";
  }
}
