/** What the log says of an error. */

import { errorCodeOf } from "../codes.ts";
import { textOf } from "../error_text.ts";
import type { LogFields } from "../log.ts";

/** The line is about the error: what it says is a part of the sentence. */
export function faultOf(error: unknown): LogFields {
  return { detail: textOf(error), errorCode: errorCodeOf(error) ?? undefined };
}

/** Work failed that should not: `faultIn("the end of a turn", error)`. */
export function faultIn(what: string, error: unknown): LogFields {
  return { detail: `${what} failed`, errorCode: errorCodeOf(error) ?? undefined, error: textOf(error) };
}
