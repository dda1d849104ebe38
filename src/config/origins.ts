/** Which pages in browsers may connect over WebSocket, as settings say it. */

import { canonicalOrigin } from "../runtime/websocket/websocket_origin.ts";
import type { ValueKind } from "./values.ts";

export type Origins = "any" | readonly string[];

const accepted = 'any, or origins such as https://app.example:8443 ("null" for pages without one)';

const oneOrigin: ValueKind<string> = {
  parse: (text) => canonicalOrigin(text) ?? undefined,
  accepted,
  shape: { is: "origins" },
};

/** `any`, or one after the other with commas between them; in a file also a list. */
export const originsKind: ValueKind<Origins> = {
  parse: (text) => {
    if (text === "any") return "any";
    const origins = text.split(",").map((part) => canonicalOrigin(part.trim()));
    return origins.every((origin) => origin !== null) ? origins : undefined;
  },
  accepted,
  shape: { is: "origins" },
  item: oneOrigin,
};
