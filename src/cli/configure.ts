/** Gathers the configuration from everywhere: defaults, then the file, then the environment, then the options. */

import { type Configuration, defaultLayer, type Layer } from "../config/configuration.ts";
import { environmentLayer, type Variables } from "../config/environment.ts";
import { flagLayer } from "../config/flags.ts";
import { merge } from "../config/merge.ts";
import { ConfigError, type Problem, quote } from "../config/problem.ts";
import { readTextFile } from "../runtime/process.ts";
import { describeListenFault } from "../runtime/listen_fault.ts";
import type { Given } from "./arguments.ts";
import type { Parts } from "./parts.ts";

export interface Configured {
  readonly configuration: Configuration;
  readonly warnings: readonly Problem[];
}

/** Throws a `ConfigError`. */
export async function configure(given: Given, variables: Variables, parts: Parts): Promise<Configured> {
  const problems: Problem[] = [];
  const layers: Layer[] = [defaultLayer];
  const add = (make: () => Layer): void => {
    try {
      layers.push(make());
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      problems.push(...error.problems);
    }
  };
  const file = confFile(given, variables);
  if (file !== null) {
    const text = await readConf(file);
    const { fileLayer } = await parts.configurationFile();
    const read = fileLayer(file.path, text);
    problems.push(...read.problems);
    layers.push(read.layer);
  }
  add(() => environmentLayer(variables));
  add(() => flagLayer(given));
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new ConfigError(errors);
  return { configuration: merge(layers), warnings: problems };
}

interface ConfFile {
  readonly path: string;
  /** Who named it. */
  readonly origin: string;
}

function confFile(given: Given, variables: Variables): ConfFile | null {
  const flag = given.get("conf")?.[0];
  if (flag !== undefined) return { path: flag, origin: "--conf" };
  const variable = variables.get("COMQTT_CONF");
  return variable === undefined || variable === "" ? null : { path: variable, origin: "COMQTT_CONF" };
}

async function readConf({ path, origin }: ConfFile): Promise<string> {
  try {
    return await readTextFile(path);
  } catch (error) {
    const message = `Cannot read the file ${quote(path)}: ${describeListenFault(error)}`;
    throw new ConfigError([{ severity: "error", where: origin, message }]);
  }
}
