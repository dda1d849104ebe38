/** Properties as JSON text: in the tables, where people query them, and in the journal. Bytes are in hexadecimal. */

import { Buffer } from "node:buffer";
import { NO_PROPERTIES, type Properties } from "../../../../src/packets/properties.ts";

const BINARY = ["correlationData", "authenticationData"] as const;
const HEX = /^(?:[0-9a-f]{2})*$/;

/** Null: there are none. */
export function propertiesToText(properties: Properties): string | null {
  if (properties === NO_PROPERTIES) return null;
  let shown: Record<string, unknown> = properties as Record<string, unknown>;
  for (const name of BINARY) {
    const bytes = properties[name];
    if (bytes === undefined) continue;
    shown = { ...shown, [name]: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex") };
  }
  const text = JSON.stringify(shown);
  return text === "{}" ? null : text;
}

/** Undefined: this was not written by `propertiesToText`. */
export function propertiesFromText(text: string | null): Properties | undefined {
  if (text === null) return NO_PROPERTIES;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const properties = value as Record<string, unknown>;
  for (const name of BINARY) {
    const hex = properties[name];
    if (hex === undefined) continue;
    if (typeof hex !== "string" || !HEX.test(hex)) return undefined;
    properties[name] = new Uint8Array(Buffer.from(hex, "hex"));
  }
  const { userProperties, subscriptionIdentifiers } = properties;
  if (userProperties !== undefined && !(Array.isArray(userProperties) && userProperties.every(isPair))) {
    return undefined;
  }
  if (subscriptionIdentifiers !== undefined && !isNumbers(subscriptionIdentifiers)) return undefined;
  return properties as Properties;
}

function isPair(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every((text) => typeof text === "string");
}

/** A list of whole numbers. */
export function isNumbers(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one));
}
