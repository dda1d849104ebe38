/** The options that the help does not list: every setting, and those of comqtt 2. */

import { refusedOptions, takenOptions } from "../config/comqtt/flags.ts";
import { namedByOption, namedSettings } from "../config/table/names.ts";
import { nearest } from "../core/nearest.ts";
import { quote } from "../core/problem.ts";
import { type CommandLine, type MoreOptions, parseArguments, UsageError } from "./arguments.ts";
import { type Option, options } from "./options.ts";

const moreOptions: MoreOptions = { named, unknown };

/** As `parseArguments`, with all options there are. */
export function parseAll(args: readonly string[]): CommandLine {
  return parseArguments(args, moreOptions);
}

/** By any of its names; what it is called then is its own. */
function named(name: string): Option | undefined {
  const taken = takenOptions.get(name);
  if (taken === "answer") return { name, answer: true, text: "" };
  if (taken === "value") return { name, value: "VALUE", text: "" };
  const setting = namedByOption(name);
  return setting === undefined ? undefined : { name: setting.option, value: "VALUE", text: "" };
}

function unknown(raw: string): UsageError {
  const name = raw.replace(/^-+/, "");
  const instead = refusedOptions.get(name);
  if (instead !== undefined) return new UsageError(`Option "--${name}" of comqtt 2 is not taken: ${instead}`);
  const known = [...options.map((one) => one.name), ...namedSettings().map((one) => one.option)];
  const meant = nearest(name, known);
  return new UsageError(`Unknown option ${quote(raw)}${meant === null ? "" : `, did you mean "--${meant}"`}`);
}
