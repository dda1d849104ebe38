/** Values of options that several commands read the same way. */

import { quote } from "../../../core/problem.ts";
import type { ProtocolVersion, QoS } from "../../../packets/types.ts";
import { UsageError } from "../../usage_error.ts";

export function wholeNumber(option: string, text: string, least: number, most: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (value >= least && value <= most) return value;
  throw new UsageError(`Cannot use ${quote(text)} as ${option}, expected a number from ${least} to ${most}`);
}

/** Seconds, also parts of one. */
export function seconds(option: string, text: string): number {
  const value = /^\d+(?:\.\d*)?$|^\.\d+$/.test(text) ? Number(text) : NaN;
  if (value >= 0 && value <= 1e7) return value;
  throw new UsageError(`Cannot use ${quote(text)} as ${option}, expected seconds, such as 2 or 0.5`);
}

export function qosOf(option: string, text: string | undefined): QoS {
  return text === undefined ? 0 : wholeNumber(option, text, 0, 2) as QoS;
}

const versions: ReadonlyMap<string, ProtocolVersion> = new Map([
  ...["mqttv31", "31", "3.1", "3"].map((name) => [name, 3] as const),
  ...["mqttv311", "311", "3.1.1", "4"].map((name) => [name, 4] as const),
  ...["mqttv5", "5", "5.0"].map((name) => [name, 5] as const),
]);

/** Undefined: nobody has said. */
export function versionOf(text: string | undefined): ProtocolVersion | undefined {
  if (text === undefined) return undefined;
  const version = versions.get(text);
  if (version !== undefined) return version;
  throw new UsageError(
    `Cannot use ${quote(text)} as -V, expected 3.1, 3.1.1 or 5 (also mqttv31, mqttv311, mqttv5)`,
  );
}
