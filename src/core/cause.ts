/** Why a connection ends, or something is refused, as far as the reason code of MQTT does not say it. */

import type { EventCode } from "./codes.ts";
import type { LogFields } from "./log.ts";

/** The event of the log, and its fields. */
export interface Cause extends LogFields {
  readonly code: EventCode;
}
