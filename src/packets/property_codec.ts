/** Properties from and to bytes, MQTT 5.0 section 2.2.2; what is allowed where stands in `property_table.ts`. */

import { NO_PROPERTIES, type Properties } from "./properties.ts";
import { ownerBit, PROPERTY_TABLE, type PropertyOwner, type PropertySpec } from "./property_table.ts";
import { Reasons } from "./reason.ts";
import type { Reader, Writer } from "./wire.ts";

const BY_ID: readonly (PropertySpec | undefined)[] = Array.from(
  { length: 0x2B },
  (_, id) => PROPERTY_TABLE.find((spec) => spec.id === id),
);
const BY_NAME: ReadonlyMap<string, PropertySpec> = new Map(PROPERTY_TABLE.map((spec) => [spec.name, spec]));

/** One property's value, as `Properties` holds it or as one element of its list there. */
type Value = number | boolean | string | Uint8Array | [string, string];

/**
 * Reads a property length and the properties. More user properties than `maxUserProperties` are refused as
 * Quota exceeded: they are well-formed, the limit is ours.
 */
export function decodeProperties(
  reader: Reader,
  owner: PropertyOwner,
  maxUserProperties: number,
): Properties {
  const length = reader.varint("property length");
  if (length === 0) return NO_PROPERTIES;
  const bit = ownerBit(owner);
  const outer = reader.narrow(length, "properties");
  const found: Record<string, Value | Value[]> = {};
  let seen = 0;
  while (reader.remaining > 0) {
    const id = reader.varint("property identifier");
    const spec = BY_ID[id];
    if (spec === undefined || (spec.owners & bit) === 0) {
      reader.fail(Reasons.malformedPacket, `property 0x${id.toString(16)}: not allowed here`); // section 2.2.2.2
      break;
    }
    if ((seen & 1 << spec.index) !== 0 && (spec.repeats & bit) === 0) {
      reader.fail(Reasons.protocolError, `${spec.name}: given more than once`);
      break;
    }
    seen |= 1 << spec.index;
    const value = decodeValue(reader, spec);
    if (reader.failure !== null) break;
    if (spec.repeats === 0) {
      found[spec.name] = value;
      continue;
    }
    const list = found[spec.name] as Value[] | undefined;
    if (list === undefined) found[spec.name] = [value];
    else list.push(value);
    if (spec.wire === "pair" && (list?.length ?? 1) > maxUserProperties) {
      reader.fail(Reasons.quotaExceeded, `user properties: more than ${maxUserProperties}`);
    }
  }
  reader.widen(outer);
  return found as Properties;
}

function decodeValue(reader: Reader, spec: PropertySpec): Value {
  const name = spec.name;
  switch (spec.wire) {
    case "byte":
      return inRange(reader, spec, reader.u8(name));
    case "boolean":
      return inRange(reader, spec, reader.u8(name)) === 1;
    case "u16":
      return inRange(reader, spec, reader.u16(name));
    case "u32":
      return inRange(reader, spec, reader.u32(name));
    case "varint":
      return inRange(reader, spec, reader.varint(name));
    case "utf8":
      return reader.utf8(name);
    case "binary":
      return reader.binary(name);
    case "pair": {
      const key = reader.utf8(name);
      return [key, reader.utf8(name)]; // [MQTT-1.5.7-1]
    }
  }
}

function inRange(reader: Reader, spec: PropertySpec, value: number): number {
  if (value < spec.min || value > spec.max) {
    reader.fail(spec.otherwise, `${spec.name}: ${value} is not allowed`);
  }
  return value;
}

/**
 * Writes a property length, 0 if there are none [MQTT-2.2.2-1], and the properties in their own order. What this
 * owner may not have is left out, so that a will's properties can go into a PUBLISH as they are.
 */
export function encodeProperties(writer: Writer, properties: Properties, owner: PropertyOwner): void {
  const body = writer.open();
  if (properties !== NO_PROPERTIES) {
    const bit = ownerBit(owner);
    for (const [name, value] of Object.entries(properties) as [string, Value | Value[] | undefined][]) {
      const spec = BY_NAME.get(name);
      if (value === undefined || spec === undefined || (spec.owners & bit) === 0) continue;
      if (spec.repeats === 0) encodeValue(writer, spec, value as Value);
      else for (const one of value as Value[]) encodeValue(writer, spec, one);
    }
  }
  writer.close(body);
}

function encodeValue(writer: Writer, spec: PropertySpec, value: Value): void {
  writer.u8(spec.id);
  switch (spec.wire) {
    case "byte":
      return writer.u8(value as number);
    case "boolean":
      return writer.u8(value ? 1 : 0);
    case "u16":
      return writer.u16(value as number);
    case "u32":
      return writer.u32(value as number);
    case "varint":
      return writer.varint(value as number);
    case "utf8":
      return writer.utf8(value as string);
    case "binary":
      return writer.binary(value as Uint8Array);
    case "pair": {
      const [key, text] = value as [string, string];
      writer.utf8(key);
      return writer.utf8(text);
    }
  }
}
