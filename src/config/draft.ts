/** What is gathered while a configuration file is read. */

import type { Capabilities, Limits, LogLevel, QueueFull } from "../core/options.ts";
import type { ListenerSetting, Protocol } from "./configuration.ts";
import type { StorageValues } from "./storage.ts";
import type { ValueKind } from "./values.ts";
import type { Entry, Fields, YamlReader } from "./yaml_reader.ts";

export interface Draft {
  readonly capabilities: { -readonly [K in keyof Capabilities]?: Capabilities[K] };
  readonly limits: { -readonly [K in keyof Limits]?: Limits[K] };
  queueFull?: QueueFull;
  sysTopicInterval?: number;
  restoreCounters?: boolean;
  logLevel?: LogLevel;
  data?: string;
  readonly storage: { -readonly [K in keyof StorageValues]?: StorageValues[K] };
  /** From `listeners`: there are no others. */
  listed: { readonly entry: Entry; readonly settings: readonly ListenerSetting[] } | null;
  /** From `mqtt.tcp` and the like. */
  readonly listeners: Map<Protocol, readonly ListenerSetting[]>;
}

/** A value that was not usable leaves what there was. */
export function assign<T, K extends keyof T>(into: T, key: K, value: T[K] | undefined): void {
  if (value !== undefined) into[key] = value;
}

/** A field for each key of a section. */
export function sectionFields<T>(
  reader: YamlReader,
  into: { -readonly [K in keyof T]?: T[K] },
  kinds: { readonly [K in keyof T]-?: ValueKind<T[K]> },
): Fields {
  const fields: Record<string, (entry: Entry) => void> = {};
  for (const key of Object.keys(kinds) as (keyof T & string)[]) {
    fields[key] = (entry) => assign(into, key, reader.value(entry, kinds[key]));
  }
  return fields;
}
