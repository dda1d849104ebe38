/** What a broker is called in topics. */

import type { ValueKind } from "./values.ts";

export const nodeName: ValueKind<string> = {
  parse: (text) => /^[^/+#\u0000]{1,200}$/.test(text) ? text : undefined,
  accepted: "a name without /, + and #",
  shape: { is: "text", mayBeEmpty: false },
};
