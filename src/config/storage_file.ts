/** The `storage` of a configuration file. */

import { assign, type Draft, sectionFields } from "./draft.ts";
import { quote } from "../core/problem.ts";
import { storageKeys, storageKinds, typeOfKeys } from "./storage.ts";
import type { Entry, Fields, YamlReader } from "./yaml_reader.ts";

/** `storage: sqlite`, or a mapping. */
export function readStorage(reader: YamlReader, entry: Entry, draft: Draft): void {
  const { storage } = draft;
  const text = reader.text(entry);
  if (text !== undefined && text !== "") {
    assign(storage, "type", reader.value(entry, storageKinds.type));
    return;
  }
  const entries: Entry[] = [];
  const fields = sectionFields(reader, storage, storageKinds);
  const remembered = Object.entries(fields).map(([name, field]) => [name, (inner: Entry): void => {
    entries.push(inner);
    field(inner);
  }]);
  reader.read(entry, Object.fromEntries(remembered) as Fields);
  // (Without a type the keys decide, and none of them is to be passed over in silence.)
  const type = storage.type ?? typeOfKeys(storage);
  if (type === undefined) return;
  const keys: readonly string[] = ["type", ...storageKeys[type]];
  for (const { key, path, name } of entries) {
    if (keys.includes(name)) continue;
    reader.error(
      key,
      `Cannot use ${quote(path)} with type "${type}", which takes ${keys.join(", ")}`,
    );
  }
}
