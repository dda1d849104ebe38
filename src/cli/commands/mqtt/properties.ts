/** `-D COMMAND NAME VALUE`: the properties of MQTT 5 by the names of the standard. */

import { nearest } from "../../../core/nearest.ts";
import { quote } from "../../../core/problem.ts";
import type { Properties } from "../../../packets/properties.ts";
import {
  ownerBit,
  PROPERTY_TABLE,
  type PropertyOwner,
  type PropertySpec,
} from "../../../packets/property_table.ts";
import { PacketType } from "../../../packets/types.ts";
import { UsageError } from "../../usage_error.ts";

/** What they are for. */
export const PROPERTY_COMMANDS = [
  "connect",
  "publish",
  "subscribe",
  "unsubscribe",
  "disconnect",
  "will",
] as const;
export type PropertyCommand = typeof PROPERTY_COMMANDS[number];

const owners: Readonly<Record<PropertyCommand, PropertyOwner>> = {
  connect: PacketType.CONNECT,
  publish: PacketType.PUBLISH,
  subscribe: PacketType.SUBSCRIBE,
  unsubscribe: PacketType.UNSUBSCRIBE,
  disconnect: PacketType.DISCONNECT,
  will: "will",
};

const LARGEST = { byte: 255, boolean: 1, u16: 65_535, u32: 0xffff_ffff, varint: 268_435_455 } as const;

/** `contentType` is `content-type`; one of a list is named like one. */
function dashed(name: string): string {
  const one = name === "userProperties" || name === "subscriptionIdentifiers"
    ? name.replace(/ies$/, "y").replace(/s$/, "")
    : name;
  return one.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

const byName: ReadonlyMap<string, PropertySpec> = new Map(
  PROPERTY_TABLE.map((spec) => [dashed(spec.name), spec]),
);

export type PropertySets = Readonly<Record<PropertyCommand, Properties>>;

export function propertiesOf(given: readonly (readonly string[])[]): PropertySets {
  const sets: Record<PropertyCommand, Record<string, unknown>> = {
    connect: {},
    publish: {},
    subscribe: {},
    unsubscribe: {},
    disconnect: {},
    will: {},
  };
  for (const [command = "", name = "", value = "", second = ""] of given) {
    const known = PROPERTY_COMMANDS.find((one) => one === command);
    if (known === undefined) {
      throw new UsageError(
        `Cannot use -D ${quote(command)}, expected one of ${PROPERTY_COMMANDS.join(", ")}`,
      );
    }
    const spec = byName.get(name);
    if (spec === undefined) {
      const meant = nearest(name, byName.keys());
      const hint = meant === null ? "" : `, did you mean "${meant}"`;
      throw new UsageError(`There is no property ${quote(name)} in MQTT 5${hint}`);
    }
    if ((spec.owners & ownerBit(owners[known])) === 0) {
      throw new UsageError(`Property "${name}" is not for ${known}`);
    }
    put(sets[known], spec, spec.wire === "pair" ? [value, second] : valueOf(name, spec, value));
  }
  return sets as PropertySets;
}

function put(set: Record<string, unknown>, { name, repeats }: PropertySpec, value: unknown): void {
  const list = set[name];
  set[name] = repeats === 0 ? value : Array.isArray(list) ? [...list, value] : [value];
}

function valueOf(name: string, { wire, min, max }: PropertySpec, text: string): unknown {
  if (wire === "utf8") return text;
  if (wire === "binary") return new TextEncoder().encode(text);
  if (wire === "pair") return text;
  const largest = Math.min(max, LARGEST[wire]);
  const value = /^\d+$/.test(text) ? Number(text) : NaN;
  if (!(value >= min && value <= largest)) {
    throw new UsageError(`Cannot use ${quote(text)} as ${name}, expected a number from ${min} to ${largest}`);
  }
  return wire === "boolean" ? value === 1 : value;
}
