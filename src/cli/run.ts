/** The program: from the command line to a running broker, or to one line that says why not. */

import { fromHome } from "../config/home.ts";
import { textOf } from "../core/error_text.ts";
import { ConfigError, formatProblem } from "../core/problem.ts";
import { environmentWith, exit, homeFolder, writeErrorOutput, writeOutput } from "../runtime/process.ts";
import { versionLine } from "./announce.ts";
import { parseArguments, UsageError } from "./arguments.ts";
import { configure } from "./configure.ts";
import { helpText } from "./help.ts";
import { standardErrorLog } from "./log.ts";
import type { Parts } from "./parts.ts";
import { serve } from "./serve.ts";

/** Returns when the broker is running; ends the process when it is not to run. */
export async function run(args: readonly string[], parts: Parts): Promise<void> {
  try {
    const { command, operands, given } = parseArguments(args);
    if (given.has("help")) return writeAndExit(helpText());
    if (given.has("version")) return writeAndExit(`${versionLine()}\n`);
    const home = homeFolder();
    const { configuration, warnings } = await configure(given, environmentWith("COMQTT"), home, parts);
    const log = standardErrorLog(configuration.values.logLevel ?? "info");
    for (const warning of warnings) log("warn", formatProblem(warning));
    if (command !== null) {
      const paths = operands.map((path) => fromHome(path, home));
      writeAndExit(await command.run({ operands: paths, given, configuration, parts }));
    }
    await serve(configuration, parts, log);
  } catch (error) {
    writeErrorOutput(`comqtt: ${explain(error)}\n`);
    exit(1);
  }
}

function writeAndExit(text: string): void {
  writeOutput(text);
  exit(0);
}

/** One line for each thing that is wrong. */
function explain(error: unknown): string {
  const help = "; --help shows what there is";
  if (error instanceof UsageError) return `${error.message}${help}`;
  if (!(error instanceof ConfigError)) return textOf(error);
  const lines = error.problems.map((problem) =>
    `${formatProblem(problem)}${problem.where.startsWith("--") ? help : ""}`
  );
  return lines.join("\ncomqtt: ");
}
