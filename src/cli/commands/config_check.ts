/** `comqtt config check [FILE|DIR]...` */

import { formatProblem, type Problem } from "../../core/problem.ts";
import { environmentWith, homeFolder } from "../../runtime/process.ts";
import type { Answer, EarlyCall } from "../call.ts";
import { gather } from "../configure.ts";
import type { Parts } from "../parts.ts";
import { wholeProblems } from "../whole.ts";

/** As a start would: with the environment and the options, and all files that are named in it are read. */
export async function configCheck({ operands, given }: EarlyCall, parts: Parts): Promise<Answer> {
  const asked = operands.length === 0 ? given : new Map([...given, ["conf", operands] as const]);
  const { configuration, problems } = await gather(asked, environmentWith("COMQTT"), homeFolder(), parts);
  const all = [...problems, ...(configuration === null ? [] : await wholeProblems(configuration, parts))];
  const errors = all.filter(({ severity }) => severity === "error").length;
  const lines = [...inOrder(all).map(lineOf), summary(errors, all.length - errors)];
  return { text: `${lines.join("\n")}\n`, code: errors > 0 ? 1 : 0 };
}

/** Those of one file one after the other, from its top to its end. */
function inOrder(problems: readonly Problem[]): Problem[] {
  const byFile = new Map<string, { readonly at: readonly number[]; readonly problem: Problem }[]>();
  for (const problem of problems) {
    const [, file = problem.where, line = "0", column = "0"] = /^(.*):(\d+):(\d+)$/s.exec(problem.where) ??
      [];
    const one = { at: [Number(line), Number(column)], problem };
    byFile.set(file, [...byFile.get(file) ?? [], one]);
  }
  return [...byFile.values()].flatMap((all) =>
    all.toSorted((a, b) => a.at[0]! - b.at[0]! || a.at[1]! - b.at[1]!).map(({ problem }) => problem)
  );
}

function lineOf(problem: Problem): string {
  const { where, message } = problem;
  return problem.severity === "error"
    ? formatProblem(problem)
    : formatProblem({ ...problem, where, message: `warning: ${message}` });
}

function summary(errors: number, warnings: number): string {
  if (errors + warnings === 0) return "Nothing is wrong with the configuration";
  const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? "" : "s"}`;
  const both = warnings === 0 ? "" : `, ${counted(warnings, "warning")}`;
  return errors === 0
    ? `The configuration can be used: ${counted(warnings, "warning")}`
    : `${counted(errors, "error")}${both}`;
}
