/** What one file says, whoever has read it, and what several of them say. */

import { type Layer, type ListenerSetting, onlyThese, type Protocol } from "./configuration.ts";
import { listenersOfList } from "./listener_list.ts";
import type { Problem } from "../core/problem.ts";
import type { Fields, SourceReader } from "./source_reader.ts";
import { checkFound } from "./table/check.ts";
import { Found } from "./table/found.ts";
import { TableReader } from "./table/read.ts";
import { table } from "./table/table.ts";

export interface FileLayer {
  /** Of use only when no problem is an error. */
  readonly layer: Layer;
  readonly problems: readonly Problem[];
}

/** One that can read a whole file. */
export interface FileReader extends SourceReader {
  readFile(fields: Fields, unnamed: Fields): void;
}

/** Keys that are not in the table, and where else their values go. */
export interface ForeignKeys {
  /** By the section they stand in; those at the top under an empty name. */
  readonly fields: Readonly<Record<string, Fields>>;
  /** Listeners that were asked for in another way than by a list. */
  readonly listeners: ReadonlyMap<Protocol, readonly ListenerSetting[]>;
  /** When the whole file is read. */
  finish(): void;
}

const noForeignKeys: ForeignKeys = { fields: {}, listeners: new Map(), finish: () => {} };

/** `found`: what is read goes there. */
export function layerFrom(
  reader: FileReader,
  found: Found,
  { fields, listeners, finish }: ForeignKeys = noForeignKeys,
): FileLayer {
  reader.readFile(new TableReader(reader, found, fields).fieldsOf(table, ""), fields[""] ?? {});
  finish();
  if (found.listeners === undefined) return { layer: { found, listeners }, problems: reader.problems };
  const layer = { found, listeners: onlyThese(listenersOfList(found.listeners)) };
  if (listeners.size === 0) return { layer, problems: reader.problems };
  const message = 'Cannot use "listeners" beside "mqtt.tcp", "mqtt.ws" and "mqtt.http"';
  const beside: Problem = { severity: "error", where: found.places.get("listeners")!, message };
  return { layer, problems: [...reader.problems, beside] };
}

/** Later ones go before earlier ones: single values and lists replace, mappings merge. */
export function together(files: readonly FileLayer[]): FileLayer {
  const found = new Found();
  const listeners = new Map<Protocol, readonly ListenerSetting[]>();
  for (const { layer } of files) {
    found.add(layer.found);
    for (const [protocol, settings] of layer.listeners) listeners.set(protocol, settings);
  }
  const problems = [...files.flatMap((file) => file.problems), ...checkFound(found, { all: false })];
  return { layer: { found, listeners }, problems };
}
