/** What a CONNACK that refuses says. */

import { reasonText } from "../packets/reason.ts";
import type { ProtocolVersion } from "../packets/types.ts";

/** The return codes of MQTT 3.1.1, table 3.1. */
const OLD = [
  "accepted",
  "unacceptable protocol version",
  "client identifier rejected",
  "server unavailable",
  "bad user name or password",
  "not authorized",
];

export function connackText(code: number, version: ProtocolVersion): string {
  return version === 5 ? reasonText(code) : OLD[code] ?? reasonText(code);
}
