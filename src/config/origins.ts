/** Which pages in browsers may connect over WebSocket, as settings say it. */

import { canonicalOrigin } from "../runtime/websocket/websocket_origin.ts";
import type { ValueKind } from "./values.ts";
import type { Entry, YamlReader } from "./yaml_reader.ts";

export type Origins = "any" | readonly string[];

const accepted = 'any, or origins such as https://app.example:8443 ("null" for pages without one)';

/** `any`, or one after the other with commas between them. */
export const originsKind: ValueKind<Origins> = {
  parse: (text) => {
    if (text === "any") return "any";
    const origins = text.split(",").map((part) => canonicalOrigin(part.trim()));
    return origins.every((origin) => origin !== null) ? origins : undefined;
  },
  accepted,
};

const oneOrigin: ValueKind<string> = { parse: (text) => canonicalOrigin(text) ?? undefined, accepted };

/** The same, or a list. */
export function readOrigins(reader: YamlReader, entry: Entry): Origins | undefined {
  if (reader.text(entry) !== undefined) return reader.value(entry, originsKind);
  const origins = reader.items(entry).map((item) => reader.value(item, oneOrigin));
  return origins.every((origin) => origin !== undefined) ? origins : undefined;
}
