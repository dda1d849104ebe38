/** What is wrong with the files that say who may connect and what clients may do: all of it, each with its line. */

import type { AccessSetting, BackEndSetting } from "../../config/access/choice.ts";
import { type Problem, quote } from "../../core/problem.ts";
import type { Parts } from "../parts.ts";

/** What errors about such a file have in common. */
interface FileError extends Error {
  readonly code: string;
  readonly problems: readonly { readonly where: string; readonly message: string }[];
}

/** One file, and who named it. */
interface Named {
  readonly file: string;
  readonly where: string;
  read(): Promise<unknown>;
}

export async function problemsOf(setting: AccessSetting, parts: Parts): Promise<Problem[]> {
  const { blacklist, backEnds, acl, anonymous } = setting;
  const files: Named[] = [
    ...(blacklist === null
      ? []
      : [{ ...blacklist, read: async () => await (await parts.blacklist()).Blacklist.read(blacklist.file) }]),
    ...backEnds.flatMap((one) => filesOf(one, parts)),
    ...(acl ?? []).flatMap((one) => one.kind === "mosquitto" ? [rulesOf(one)] : []),
  ];
  const problems: Problem[] = [];
  for (const one of files) problems.push(...await problemsIn(one));
  for (const { where } of backEnds.filter(({ kind }) => kind === "store").slice(1)) {
    const message = 'Cannot use "store" twice: there is one store of users';
    problems.push({ severity: "error", where, message });
  }
  if (anonymous === "deny" && backEnds.length === 0) {
    const message =
      "Nobody could connect: anonymous is deny, and there is no back end in auth that knows users";
    problems.push({ severity: "error", where: setting.anonymousWhere ?? "anonymous", message });
  }
  return problems;
}

function filesOf(one: BackEndSetting, parts: Parts): Named[] {
  switch (one.kind) {
    case "users":
      return [usersOf(one)];
    case "mosquitto":
      return [usersOf(one), ...(one.acl === undefined ? [] : [rulesOf({ file: one.acl, where: one.where })])];
    case "ledger":
      return [{ ...one, read: async () => await (await parts.ledger()).Ledger.read(one.file) }];
    case "store":
      return [];
  }
}

function usersOf({ file, where }: { readonly file: string; readonly where: string }): Named {
  const read = async (): Promise<void> => {
    const { Users } = await import("../../../hooks/auth/users.ts");
    await new Users({ file, interval: 0 }).reload();
  };
  return { file, where, read };
}

function rulesOf({ file, where }: { readonly file: string; readonly where: string }): Named {
  const read = async (): Promise<void> => {
    const { Acl } = await import("../../../hooks/auth/acl.ts");
    await Acl.mosquitto(file, { interval: 0 }).reload();
  };
  return { file, where, read };
}

async function problemsIn({ file, where, read }: Named): Promise<Problem[]> {
  try {
    await read();
    return [];
  } catch (error) {
    const { problems, code } = error as FileError;
    if (!Array.isArray(problems)) throw error;
    // (Which file it is may stand in a line of its own, in the file that names it.)
    if (code === "file-not-readable") {
      const text = problems[0]!.message;
      const message = `Cannot use ${quote(file)}: ${text.charAt(0).toLowerCase()}${text.slice(1)}`;
      return [{ severity: "error", where, message }];
    }
    return (error as FileError).problems.map((problem) => ({ severity: "error", ...problem }));
  }
}
