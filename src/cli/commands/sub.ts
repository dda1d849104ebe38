/** `comqtt sub`: mosquitto_sub's options. */

import { quote } from "../../core/problem.ts";
import { isShared, isTopicFilter, parseShared } from "../../topics/names.ts";
import type { OwnGiven, OwnLine } from "../own_options.ts";
import { UsageError } from "../usage_error.ts";
import { complain, runOwn } from "./mqtt/command.ts";
import { printerOf } from "./mqtt/format.ts";
import { subHelp } from "./mqtt/help.ts";
import { subOptions } from "./mqtt/options.ts";
import { sessionOf } from "./mqtt/session.ts";
import { Subscriber } from "./mqtt/subscriber.ts";
import { qosOf, wholeNumber } from "./mqtt/values.ts";

/** Of a timer. */
const MOST_SECONDS = 2_147_483;

export function sub(args: readonly string[]): Promise<number> {
  return runOwn({ name: "sub", options: subOptions, help: subHelp, run }, args);
}

async function run({ given, operands }: OwnLine): Promise<number> {
  if (operands.length > 0) throw new UsageError(`Command "sub" takes no ${quote(operands[0]!)}`);
  const session = sessionOf(given, "sub");
  const filters = filtersOf([...session.topic === undefined ? [] : [session.topic], ...given.all("topic")]);
  const leaving = filtersOf(given.all("unsubscribe"));
  if (filters.length + leaving.length === 0) {
    throw new UsageError("No filter is given, expected -t FILTER, or -U FILTER to unsubscribe");
  }
  if (given.has("R") && given.has("retained-only")) {
    throw new UsageError("Options -R and --retained-only exclude each other");
  }
  const quiet = given.has("quiet");
  const count = given.last("C");
  const seconds = given.last("W");
  return await new Subscriber({
    session,
    filters,
    leaving,
    qos: qosOf("-q", given.last("qos")),
    without: filtersOf(given.all("filter-out")),
    count: count === undefined ? null : wholeNumber("-C", count, 1, Number.MAX_SAFE_INTEGER),
    seconds: seconds === undefined ? null : wholeNumber("-W", seconds, 1, MOST_SECONDS),
    onlySubscribe: given.has("E"),
    retained: given.has("R") ? "none" : given.has("retained-only") ? "only" : "all",
    removeRetained: given.has("remove-retained"),
    share: shareOf(given),
    print: printerOf({
      format: given.last("F") ?? (given.has("json") ? "%j" : null),
      verbose: given.has("verbose"),
      eol: !given.has("N"),
      pretty: given.has("pretty"),
      complain: (text) => quiet ? undefined : complain(text),
    }),
    quiet,
    debug: given.has("debug"),
  }).run();
}

function filtersOf(filters: readonly string[]): readonly string[] {
  for (const filter of filters) {
    if (isShared(filter) ? parseShared(filter) === null : !isTopicFilter(filter)) {
      throw new UsageError(
        `Cannot use the filter ${quote(filter)}: + is for a whole level, # for all at the end`,
      );
    }
  }
  return filters;
}

/** Of the messages, from 0 to 1. */
function shareOf(given: OwnGiven): number {
  const text = given.last("random-filter");
  if (text === undefined) return 1;
  const percent = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (percent > 0 && percent <= 100) return percent / 100;
  throw new UsageError(`Cannot use ${quote(text)} as --random-filter, expected a percentage from 0.1 to 100`);
}
