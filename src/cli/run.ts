/** The program: from the command line to a running broker, or to one line that says why not. */

import { wholePath } from "../config/home.ts";
import { DEFAULT_LEVEL } from "../config/log_default.ts";
import { textOf } from "../core/error_text.ts";
import { ConfigError, formatProblem } from "../core/problem.ts";
import { environmentWith, exit, homeFolder, writeErrorOutput, writeOutput } from "../runtime/process.ts";
import { versionLine } from "./announce.ts";
import { type CommandLine, parseArguments, UsageError } from "./arguments.ts";
import { configure, type Configured } from "./configure.ts";
import { helpText } from "./help.ts";
import { standardErrorLog } from "./log.ts";
import type { Parts } from "./parts.ts";
import { serve } from "./serve.ts";
import { UnusableError, wholeProblems } from "./whole.ts";

/** Returns when the broker is running; ends the process when it is not to run. */
export async function run(args: readonly string[], parts: Parts): Promise<void> {
  try {
    const { command, operands, given } = await commandLine(args);
    if (given.has("help")) return writeAndExit(helpText());
    if (given.has("version")) return writeAndExit(`${versionLine()}\n`);
    const home = homeFolder();
    const paths = command?.names === true ? operands : operands.map((path) => wholePath(path, home));
    if (command?.early !== undefined) {
      const { text, code } = await command.early({ operands: paths, given }, parts);
      return writeAndExit(text, code);
    }
    const read = (): Promise<Configured> => configure(given, environmentWith("COMQTT"), home, parts);
    const configured = await read();
    const { configuration, warnings } = configured;
    const log = standardErrorLog(configuration.values.log.level ?? DEFAULT_LEVEL);
    for (const warning of warnings) log("warn", formatProblem(warning));
    if (command?.run) {
      writeAndExit(await command.run({ operands: paths, given, configuration, parts }));
    }
    const problems = await wholeProblems(configuration);
    if (problems.length > 0) throw new UnusableError(problems);
    await serve(configured, { parts, log, configure: read });
  } catch (error) {
    writeErrorOutput(`comqtt: ${explain(error)}\n`);
    exit(1);
  }
}

/** Most use none but the usual options, and need no table of all. */
async function commandLine(args: readonly string[]): Promise<CommandLine> {
  try {
    return parseArguments(args);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    const { parseAll } = await import("./all_options.ts");
    return parseAll(args);
  }
}

function writeAndExit(text: string, code = 0): void {
  writeOutput(text);
  exit(code);
}

/** One line for each thing that is wrong. */
function explain(error: unknown): string {
  const help = "; --help shows what there is";
  if (error instanceof UsageError) return `${error.message}${help}`;
  if (!(error instanceof ConfigError)) return textOf(error);
  const helps = !(error instanceof UnusableError);
  const lines = error.problems.map((problem) =>
    `${formatProblem(problem)}${helps && problem.where.startsWith("--") ? help : ""}`
  );
  return lines.join("\ncomqtt: ");
}
