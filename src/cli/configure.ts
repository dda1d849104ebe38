/** Gathers the configuration from everywhere: defaults, then the file, then the environment, then the options. */

import { type Configuration, defaultLayer, type Layer } from "../config/configuration.ts";
import type { Variables } from "../config/environment.ts";
import { flagLayer } from "../config/flags.ts";
import { fromHome, homeInPaths } from "../config/home.ts";
import { merge } from "../config/merge.ts";
import { ConfigError, type Problem, quote } from "../core/problem.ts";
import { setVariables } from "../config/set_variables.ts";
import { homeFolder, readTextFile } from "../runtime/process.ts";
import { describeListenFault } from "../runtime/tcp/listen_fault.ts";
import type { Given } from "./call.ts";
import { type Parts, sourceParts } from "./parts.ts";

export interface Configured {
  readonly configuration: Configuration;
  readonly warnings: readonly Problem[];
}

/** `home`: the directory that `~/` stands for. Throws a `ConfigError`. */
export async function configure(
  given: Given,
  environment: Variables,
  home: string | undefined = homeFolder(),
  parts: Parts = sourceParts,
): Promise<Configured> {
  const variables = setVariables(environment);
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
  const file = confFile(given, variables, home);
  if (file !== null) {
    const text = await readConf(file);
    const { fileLayer } = await parts.configurationFile();
    const read = fileLayer({ file: file.path, text });
    problems.push(...read.problems);
    layers.push(read.layer);
  }
  if (variables.size > 0) {
    const { slips } = await import("../config/variables.ts");
    const { environmentLayer } = await import("../config/environment.ts");
    problems.push(...slips(variables));
    add(() => environmentLayer(variables));
  }
  add(() => flagLayer(given));
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new ConfigError(errors);
  return { configuration: homeInPaths(merge(layers), home), warnings: problems };
}

interface ConfFile {
  readonly path: string;
  /** Who named it. */
  readonly origin: string;
}

function confFile(given: Given, variables: Variables, home: string | undefined): ConfFile | null {
  const flag = given.get("conf")?.[0];
  const path = flag ?? variables.get("COMQTT_CONF");
  if (path === undefined) return null;
  return { path: fromHome(path, home), origin: flag === undefined ? "COMQTT_CONF" : "--conf" };
}

async function readConf({ path, origin }: ConfFile): Promise<string> {
  try {
    return await readTextFile(path);
  } catch (error) {
    const message = `Cannot read the file ${quote(path)}: ${describeListenFault(error)}`;
    throw new ConfigError([{ severity: "error", where: origin, message }]);
  }
}
