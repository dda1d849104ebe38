/** `comqtt config schema` */

import { schema } from "../../config/table/schema.ts";
import type { Answer } from "../call.ts";

// deno-lint-ignore require-await -- commands answer later, and this one could
export async function configSchema(): Promise<Answer> {
  return { text: schemaText(), code: 0 };
}

/** As it stands in config/schema.json. */
export function schemaText(): string {
  return `${JSON.stringify(schema(), null, 2)}\n`;
}
