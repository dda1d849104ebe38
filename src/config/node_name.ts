/** What a broker is called in topics. */

import type { ValueKind } from "./values.ts";

export const nodeName: ValueKind<string> = {
  parse: (text) => /^[^/+#%\p{Cc}]{1,200}$/u.test(text) ? text : undefined,
  accepted: "a name without /, +, # and %",
  shape: { is: "text", mayBeEmpty: false },
};
