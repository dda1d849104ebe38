/** The users of one moment, from the bytes of their file. */

import { nextTurn } from "../../../src/runtime/turn.ts";
import type { PasswordHash } from "../passwords/hash.ts";
import { acceptedHashes, parseHash } from "../passwords/parse.ts";
import { UsersError, type UsersProblem } from "./error.ts";
import { bytesAsText, linesOf, shownName } from "./lines.ts";

export interface UserEntry {
  readonly hash: PasswordHash;
  /** Where it stands. */
  readonly line: number;
}

/** Milliseconds the event loop is held up at a time: there are files with 100,000 users. */
const slice = 4;
const MOST_PROBLEMS = 100;

/** `file`: what it is called in messages. Rejects with a `UsersError` that has everything that is wrong. */
export async function usersIn(file: string, bytes: Uint8Array): Promise<Map<string, UserEntry>> {
  const users = new Map<string, UserEntry>();
  const problems: UsersProblem[] = [];
  let until = performance.now() + slice;
  for (const { number, content } of linesOf(bytesAsText(bytes))) {
    if (performance.now() > until) {
      await new Promise<void>(nextTurn);
      until = performance.now() + slice;
    }
    if (content.kind === "nothing") continue;
    const problem = content.kind === "wrong" ? content.why : put(users, content, number);
    if (problem === null) continue;
    problems.push({ where: `${file}:${number}`, message: problem });
    if (problems.length === MOST_PROBLEMS) break;
  }
  if (problems.length > 0) throw new UsersError(problems);
  return users;
}

/** Null when nothing is wrong. */
function put(
  users: Map<string, UserEntry>,
  { name, hash: text }: { readonly name: string; readonly hash: string },
  line: number,
): string | null {
  const before = users.get(name);
  if (before !== undefined) {
    return `Cannot use the user ${shownName(name)} twice: line ${before.line} has it already`;
  }
  const hash = parseHash(text);
  if (hash === null) return hashFault(name, text);
  users.set(name, { hash, line });
  return null;
}

/** Never shows what stands there: it may be the password itself. */
export function hashFault(name: string, text: string): string {
  const of = `of the user ${shownName(name)}`;
  if (text === "") return `Cannot use the password ${of}: there is none, expected ${acceptedHashes}`;
  return `Cannot use the password ${of}: it is no hash that can be checked, expected ${acceptedHashes}`;
}
