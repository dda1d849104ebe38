/** Gathers the configuration from everywhere: defaults, then files, then the environment, then the options. */

import type { Configuration, Layer } from "../config/configuration.ts";
import type { Variables } from "../config/environment.ts";
import { homeInPaths, wholePath } from "../config/home.ts";
import { listenersAskedFor, shortProtocols } from "../config/listener_text.ts";
import { merge } from "../config/merge.ts";
import { ConfigError, type Problem } from "../core/problem.ts";
import { setVariables } from "../config/set_variables.ts";
import { Found } from "../config/table/found.ts";
import { homeFolder } from "../runtime/process.ts";
import type { Given } from "./call.ts";
import { readConf } from "./conf_files.ts";
import { type Parts, sourceParts } from "./parts.ts";

export interface Configured {
  readonly configuration: Configuration;
  readonly warnings: readonly Problem[];
  /** The files and directories it was read from. */
  readonly files: readonly string[];
}

export interface Gathered {
  /** Null when one of the problems is an error. */
  readonly configuration: Configuration | null;
  readonly problems: readonly Problem[];
  readonly files: readonly string[];
}

/** `home`: the directory that `~/` stands for. Throws a `ConfigError`. */
export async function configure(
  given: Given,
  environment: Variables,
  home: string | undefined = homeFolder(),
  parts: Parts = sourceParts,
): Promise<Configured> {
  const { configuration, problems, files } = await gather(given, environment, home, parts);
  const errors = problems.filter(({ severity }) => severity === "error");
  if (configuration === null || errors.length > 0) throw new ConfigError(errors);
  return { configuration, warnings: problems, files };
}

/** The same, and everything that is said of it. */
export async function gather(
  given: Given,
  environment: Variables,
  home: string | undefined = homeFolder(),
  parts: Parts = sourceParts,
): Promise<Gathered> {
  const variables = setVariables(environment);
  const problems: Problem[] = [];
  const attempt = attempts(problems);
  const layers: (Layer | null)[] = [];
  const seen: string[] = [];
  const { origin, paths } = confPaths(given, variables);
  const more = saysMore(given);
  // (What only they need is loaded only for them: a start without any stays small.)
  const anything = paths.length > 0 || variables.size > 0 || more;
  const outside = anything ? (await import("../config/outside.ts")).outsideWith(variables, home) : null;
  if (outside !== null && paths.length > 0) {
    const whole = paths.map((path) => wholePath(path, home));
    const files = await attempt(() => readConf(whole, origin)) ?? [];
    seen.push(...whole, ...files.map(({ file }) => file).filter((file) => !whole.includes(file)));
    const { plainFileLayer } = await import("../config/plain_file.ts");
    const read = plainFileLayer(files, outside) ??
      (await parts.configurationFile()).fileLayer(files, outside);
    problems.push(...read.problems);
    layers.push(read.layer);
  }
  if (outside !== null && variables.size > 0) {
    const { slips } = await import("../config/variables.ts");
    const { environmentLayer } = await import("../config/environment.ts");
    problems.push(...slips(variables));
    layers.push(await attempt(() => environmentLayer(variables, outside)));
  }
  if (outside !== null && more) {
    const { comqttFlagLayer } = await import("../config/comqtt/flags.ts");
    const { flagLayer } = await import("../config/flags.ts");
    const comqtt = comqttFlagLayer(given, outside);
    problems.push(...comqtt.problems);
    layers.push(comqtt.layer, await attempt(() => flagLayer(given, outside)));
  } else layers.push(await attempt(() => listenersAlone(given)));
  if (problems.some(({ severity }) => severity === "error")) {
    return { configuration: null, problems, files: seen };
  }
  const all = layers.filter((layer) => layer !== null);
  if (anything) problems.push(...await togetherProblems(all));
  const merged = await attempt(() => homeInPaths(merge(all), home));
  const wrong = problems.some(({ severity }) => severity === "error");
  return { configuration: wrong ? null : merged, problems, files: seen };
}

/** What is wrong with one source says nothing about the others: all of it is told at once. */
function attempts(problems: Problem[]): <T>(make: () => T | Promise<T>) => Promise<T | null> {
  return async (make) => {
    try {
      return await make();
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
      return null;
    }
  };
}

const notSettings: readonly string[] = [
  ...shortProtocols,
  ...["conf", "json", "out", "for", "reason", "version", "help"],
  ...["sock", "user", "address", "listener", "mqtt", "qos", "retain"],
];

/** Options that are no listeners. */
function saysMore(given: Given): boolean {
  return [...given.keys()].some((name) => !notSettings.includes(name));
}

function listenersAlone(given: Given): Layer {
  const problems: Problem[] = [];
  const listeners = listenersAskedFor(given, problems);
  if (problems.length > 0) throw new ConfigError(problems);
  return { found: new Found(), listeners };
}

/** What each source may say, and not all of them together. */
async function togetherProblems(layers: readonly Layer[]): Promise<Problem[]> {
  const { checkFound } = await import("../config/table/check.ts");
  const found = new Found();
  for (const layer of layers) found.add(layer.found);
  return checkFound(found, { all: true });
}

/** `origin`: who named them. */
function confPaths(given: Given, variables: Variables): { origin: string; paths: readonly string[] } {
  const flags = given.get("conf");
  if (flags !== undefined) return { origin: "--conf", paths: flags };
  const paths = variables.get("COMQTT_CONF")?.split(",").map((path) => path.trim());
  return { origin: "COMQTT_CONF", paths: paths?.filter((path) => path !== "") ?? [] };
}
