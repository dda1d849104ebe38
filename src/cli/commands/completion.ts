/** `comqtt completion bash|zsh|fish` */

import { quote } from "../../core/problem.ts";
import { writeOutput } from "../../runtime/process.ts";
import { options } from "../options.ts";
import type { OwnLine, OwnOption } from "../own_options.ts";
import { UsageError } from "../usage_error.ts";
import { benchOptions } from "./bench.ts";
import { SCENARIOS } from "./bench/scenarios.ts";
import { type Shell, SHELLS } from "./completion/shells.ts";
import { runOwn } from "./mqtt/command.ts";
import { pubOptions, subOptions } from "./mqtt/options.ts";

const help = `\
comqtt completion: a script that completes commands and options

Usage: comqtt completion bash|zsh|fish

Examples:
  comqtt completion bash > ~/.local/share/bash-completion/completions/comqtt
  comqtt completion fish > ~/.config/fish/completions/comqtt.fish
For zsh: into a file _comqtt in a folder of $fpath, before compinit.
`;

/** `names`: those of all commands. */
export function completion(args: readonly string[], names: readonly string[]): Promise<number> {
  const options = [{ long: "help" }];
  return runOwn({ name: "completion", options, help, run: (line) => run(line, names) }, args);
}

function run({ operands }: OwnLine, names: readonly string[]): Promise<number> {
  const [name, more] = operands;
  if (name === undefined || more !== undefined) {
    throw new UsageError("Expected one shell: comqtt completion bash, zsh or fish");
  }
  if (!Object.hasOwn(SHELLS, name)) {
    throw new UsageError(`There is no completion for ${quote(name)}, expected bash, zsh or fish`);
  }
  writeOutput(SHELLS[name as Shell]({ words: wordsOf(names) }));
  return Promise.resolve(0);
}

/** By what stands before: what may come next. */
function wordsOf(names: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const usual = options.map((one) => `--${one.name}`);
  const words = new Map<string, readonly string[]>([["", [
    ...new Set(names.map((one) => one.split(" ")[0]!)),
    ...usual,
  ]]]);
  for (const first of new Set(names.map((one) => one.split(" ")[0]!))) {
    const seconds = names.flatMap((one) => one.startsWith(`${first} `) ? [one.slice(first.length + 1)] : []);
    words.set(first, [...seconds, ...usual]);
  }
  words.set("pub", own(pubOptions));
  words.set("sub", own(subOptions));
  words.set("bench", [...SCENARIOS.map(({ name }) => name), ...own(benchOptions)]);
  words.set("completion", [...Object.keys(SHELLS), "--help"]);
  return words;
}

function own(table: readonly OwnOption[]): readonly string[] {
  return table.filter(({ refused }) => refused === undefined)
    .flatMap((
      { long, short },
    ) => [...short === undefined ? [] : [`-${short}`], ...long === undefined ? [] : [`--${long}`]]);
}
