/** Configuration files as a source of settings. */

import { type Layer, type ListenerSetting, onlyThese, type Protocol } from "./configuration.ts";
import { comqttFields } from "./comqtt_file.ts";
import { Draft } from "./draft.ts";
import { listenersOfList } from "./listener_list.ts";
import { otherText, otherYaml } from "./other_files.ts";
import { nothingOutside, type Outside } from "./outside.ts";
import type { Problem } from "../core/problem.ts";
import { checkFound } from "./table/check.ts";
import { Found } from "./table/found.ts";
import { TableReader } from "./table/read.ts";
import { table } from "./table/table.ts";
import { type YamlFile, YamlReader } from "./yaml_reader.ts";

export interface FileLayer {
  /** Of use only when no problem is an error. */
  readonly layer: Layer;
  readonly problems: readonly Problem[];
}

/** Later files go before earlier ones: single values and lists replace, mappings merge. */
export function fileLayer(
  files: YamlFile | readonly YamlFile[],
  outside: Outside = nothingOutside,
): FileLayer {
  const found = new Found();
  const listeners = new Map<Protocol, readonly ListenerSetting[]>();
  const problems: Problem[] = [];
  for (const file of [files].flat()) {
    const read = readFile(file, outside);
    problems.push(...read.problems);
    found.add(read.layer.found);
    for (const [protocol, settings] of read.layer.listeners) listeners.set(protocol, settings);
  }
  problems.push(...checkFound(found, { all: false }));
  return { layer: { found, listeners }, problems };
}

function readFile({ file, text }: YamlFile, outside: Outside): FileLayer {
  const reader = new YamlReader({ file, text }, outside);
  const other = otherText(text) ?? otherYaml(reader.top, file);
  if (other !== null) {
    const layer = { found: new Found(), listeners: new Map() };
    // (Nothing else of it would be of use.)
    return { layer, problems: [{ severity: "error", where: file, message: other }] };
  }
  const draft = new Draft(reader);
  const comqtt = comqttFields(reader, draft);
  const fields = new TableReader(reader, draft.found, { log: comqtt.log }).fieldsOf(table, "");
  reader.readFile(fields, comqtt.top);
  comqtt.finish();
  const { found, listeners } = draft;
  if (found.listeners === undefined) return { layer: { found, listeners }, problems: reader.problems };
  const layer = { found, listeners: onlyThese(listenersOfList(found.listeners)) };
  if (listeners.size === 0) return { layer, problems: reader.problems };
  const message = 'Cannot use "listeners" beside "mqtt.tcp", "mqtt.ws" and "mqtt.http"';
  const beside: Problem = { severity: "error", where: found.places.get("listeners") ?? file, message };
  return { layer, problems: [...reader.problems, beside] };
}
