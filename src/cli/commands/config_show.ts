/** `comqtt config show` */

import { shownAsJson, shownAsYaml } from "../../config/table/show.ts";
import { VERSION } from "../../core/version.ts";
import type { Call } from "../call.ts";

// deno-lint-ignore require-await -- commands answer later, and this one could
export async function configShow({ configuration, given }: Call): Promise<string> {
  return given.has("json") ? shownAsJson(configuration) : shownAsYaml(configuration, VERSION);
}
