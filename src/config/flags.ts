/** The command line as a source of settings. */

import type { Layer } from "./configuration.ts";
import { withList } from "./environment.ts";
import { listenersAskedFor } from "./listener_text.ts";
import { nothingOutside, type Outside } from "./outside.ts";
import { ConfigError, type Problem } from "../core/problem.ts";
import { checkFound } from "./table/check.ts";
import { Found } from "./table/found.ts";
import { namedByOption } from "./table/names.ts";
import { takeText } from "./table/texts.ts";

/** By the option's name without dashes. */
type Given = ReadonlyMap<string, readonly string[]>;

/** Throws a `ConfigError`. */
export function flagLayer(given: Given, outside: Outside = nothingOutside): Layer {
  const problems: Problem[] = [];
  const found = new Found();
  const listeners = listenersAskedFor(given, problems);
  for (const [option, [text]] of given) {
    const named = text === undefined ? undefined : namedByOption(option);
    if (named !== undefined) {
      takeText({ named, text: text!, origin: `--${option}` }, { found, problems, outside });
    }
  }
  problems.push(...checkFound(found, { all: false }));
  const layer = withList({ found, listeners }, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return layer;
}
