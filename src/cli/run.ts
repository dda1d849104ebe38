/** The program: from the command line to a running broker, or to one line that says why not. */

import { wholePath } from "../config/home.ts";
import { logChoice } from "../config/log.ts";
import { textOf } from "../core/error_text.ts";
import { ConfigError, formatProblem } from "../core/problem.ts";
import { environmentWith, exit, homeFolder, writeErrorOutput, writeOutput } from "../runtime/process.ts";
import { versionLine } from "./announce.ts";
import { type CommandLine, parseArguments, UsageError } from "./arguments.ts";
import { commands } from "./commands.ts";
import { configure, type Configured } from "./configure.ts";
import { helpText } from "./help.ts";
import { ProgramLog } from "./log/program_log.ts";
import type { Parts } from "./parts.ts";
import { serve } from "./serve.ts";
import { UnusableError, wholeProblems } from "./whole.ts";

/** So long the last lines are waited for when nobody takes them. */
const LAST_LINES_MS = 1000;

/** Returns when the broker is running; ends the process when it is not to run. */
export async function run(args: readonly string[], parts: Parts): Promise<void> {
  let log: ProgramLog | null = null;
  let failed = 1;
  try {
    const own = commands.find((one) => one.own !== undefined && one.name === args[0]);
    if (own?.own !== undefined) return exit(await own.own(args.slice(1)));
    const { command, operands, given } = await commandLine(args);
    failed = command?.failed ?? failed;
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
    // (What is asked of a command is not the business of the server's log.)
    const { level, ...where } = configuration.values.log;
    const atLevel = level === undefined ? {} : { level };
    log = await ProgramLog.open(logChoice(command === null ? { ...where, ...atLevel } : atLevel));
    for (const warning of warnings) log.events.note("config-warning", { detail: formatProblem(warning) });
    if (command?.run) {
      const said = await command.run({ operands: paths, given, configuration, parts });
      await log.end(LAST_LINES_MS);
      return typeof said === "string" ? writeAndExit(said) : writeAndExit(said.text, said.code);
    }
    const problems = await wholeProblems(configuration, parts);
    if (problems.length > 0) throw new UnusableError(problems);
    await serve(configured, { parts, log, configure: read });
  } catch (error) {
    if (log === null) writeErrorOutput(`comqtt: ${explain(error)}\n`);
    else await log.fail(explain(error), LAST_LINES_MS);
    exit(error instanceof UsageError ? error.exitCode : failed);
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
