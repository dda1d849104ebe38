/** The configuration file as a source of settings. */

import { type Layer, type ListenerSetting, type Protocol, withoutDefaultListeners } from "./configuration.ts";
import { comqttFields } from "./comqtt_file.ts";
import { assign, type Draft, sectionFields } from "./draft.ts";
import { readListeners } from "./listener_file.ts";
import { otherText, otherYaml } from "./other_files.ts";
import type { Problem } from "../core/problem.ts";
import {
  capabilityKinds,
  limitKinds,
  logLevelKind,
  queueFullKind,
  restoreCountersKind,
  sysTopicIntervalKind,
} from "./settings.ts";
import { readStorage } from "./storage_file.ts";
import { filePath } from "./values.ts";
import { type Entry, type YamlFile, YamlReader } from "./yaml_reader.ts";

/** The layer is of use only when no problem is an error. */
export function fileLayer({ file, text }: YamlFile): { layer: Layer; problems: readonly Problem[] } {
  const reader = new YamlReader({ file, text });
  const other = otherText(text) ?? otherYaml(reader.top, file);
  if (other !== null) return notOurs({ where: file, message: other });
  const draft: Draft = { capabilities: {}, limits: {}, storage: {}, listed: null, listeners: new Map() };
  const comqtt = comqttFields(reader, draft);
  reader.readFile({
    listeners: (entry) => draft.listed = { entry, settings: readListeners(reader, entry) },
    capabilities: (entry) => reader.read(entry, sectionFields(reader, draft.capabilities, capabilityKinds)),
    limits: (entry) => reader.read(entry, sectionFields(reader, draft.limits, limitKinds)),
    data: (entry) => assign(draft, "data", reader.value(entry, filePath)),
    storage: (entry) => readStorage(reader, entry, draft),
    queueFull: (entry) => assign(draft, "queueFull", reader.value(entry, queueFullKind)),
    sysTopicInterval: (entry) => assign(draft, "sysTopicInterval", reader.value(entry, sysTopicIntervalKind)),
    restoreCounters: (entry) => assign(draft, "restoreCounters", reader.value(entry, restoreCountersKind)),
    log: (entry) => {
      const level = (inner: Entry): void => assign(draft, "logLevel", reader.value(inner, logLevelKind));
      reader.read(entry, { level }, comqtt.log);
    },
  }, comqtt.top);
  comqtt.finish();
  const { listed, listeners, ...values } = draft;
  if (listed === null) return { layer: { values, listeners, tls: {} }, problems: reader.problems };
  if (listeners.size > 0) {
    reader.error(listed.entry.key, 'Cannot use "listeners" beside "mqtt.tcp", "mqtt.ws" and "mqtt.http"');
  }
  const layer = { values, listeners: byProtocol(listed.settings), tls: {} };
  return { layer: withoutDefaultListeners(layer), problems: reader.problems };
}

/** Nothing else of it would be of use. */
function notOurs(problem: Omit<Problem, "severity">): ReturnType<typeof fileLayer> {
  const values: Layer["values"] = { capabilities: {}, limits: {}, storage: {} };
  return {
    layer: { values, listeners: new Map(), tls: {} },
    problems: [{ severity: "error", ...problem }],
  };
}

function byProtocol(settings: readonly ListenerSetting[]): Map<Protocol, ListenerSetting[]> {
  const map = new Map<Protocol, ListenerSetting[]>();
  for (const setting of settings) map.set(setting.protocol, [...map.get(setting.protocol) ?? [], setting]);
  return map;
}
