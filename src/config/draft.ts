/** What is gathered while a configuration file is read. */

import type { ListenerSetting, Protocol } from "./configuration.ts";
import type { Entry, Fields, SourceReader } from "./source_reader.ts";
import { settingAt } from "./table/check.ts";
import { Found } from "./table/found.ts";
import { capabilities } from "./table/capabilities.ts";

export class Draft {
  readonly found: Found = new Found();
  /** From `mqtt.tcp` and the like. */
  readonly listeners: Map<Protocol, readonly ListenerSetting[]> = new Map();
  readonly #reader: SourceReader;

  constructor(reader: SourceReader) {
    this.#reader = reader;
  }

  /** A value of comqtt's files that is the setting with this path here. One that is not usable leaves what there was. */
  take(path: string, entry: Entry): void {
    const value = this.#reader.value(entry, settingAt(path).kind);
    if (value !== undefined) this.set(path, value, entry);
  }

  set(path: string, value: unknown, { key }: Entry): void {
    this.found.set(path, value, this.#reader.place(key), settingAt(path));
  }

  /** `capabilities` of this table, which stand somewhere else in comqtt's files. */
  capabilityFields(): Fields {
    const fields: Record<string, (entry: Entry) => void> = {};
    for (const key of Object.keys(capabilities.items)) {
      fields[key] = (entry) => this.take(`capabilities.${key}`, entry);
    }
    return fields;
  }
}
