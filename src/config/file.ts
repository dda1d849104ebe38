/** Configuration files as a source of settings: all of YAML, and everything that can be said of them. */

import { comqttFields } from "./comqtt/file.ts";
import { Draft } from "./draft.ts";
import { type FileLayer, layerFrom, together } from "./file_layer.ts";
import { otherText, otherYaml } from "./other_files.ts";
import { nothingOutside, type Outside } from "./outside.ts";
import { Found } from "./table/found.ts";
import { type YamlFile, YamlReader } from "./yaml/yaml_reader.ts";

/** Later files go before earlier ones. */
export function fileLayer(
  files: YamlFile | readonly YamlFile[],
  outside: Outside = nothingOutside,
): FileLayer {
  return together([files].flat().map((file) => readFile(file, outside)));
}

function readFile({ file, text }: YamlFile, outside: Outside): FileLayer {
  const reader = new YamlReader({ file, text }, outside);
  const other = otherText(text) ?? otherYaml(reader.top);
  if (other === null) {
    const draft = new Draft(reader);
    const { top, log, finish } = comqttFields(reader, draft);
    return layerFrom(reader, draft.found, { fields: { "": top, log }, listeners: draft.listeners, finish });
  }
  const layer = { found: new Found(), listeners: new Map() };
  // (Nothing else of it would be of use.)
  return { layer, problems: [{ severity: "error", where: file, message: other }] };
}
