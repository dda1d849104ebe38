/** `comqtt passwd add|remove|list|verify [NAME] --users FILE` */

import { Buffer } from "node:buffer";
import { readFileSync } from "node:fs";
import { parseHash } from "../../../hooks/auth/passwords/parse.ts";
import { hashPassword } from "../../../hooks/auth/users.ts";
import { withoutUser, withUser } from "../../../hooks/auth/users/edit.ts";
import { bytesAsText, linesOf, shownName, textAsBytes, unwritable } from "../../../hooks/auth/users/lines.ts";
import { hashFault, usersIn } from "../../../hooks/auth/users/list.ts";
import { replaceFile } from "../../../hooks/auth/users/replace_file.ts";
import { textOf } from "../../core/error_text.ts";
import { CodedError } from "../../core/errors.ts";
import { quote } from "../../core/problem.ts";
import { printable } from "../../core/quoted.ts";
import { exit } from "../../runtime/process.ts";
import { askHidden, inputIsTerminal, readInput } from "../../runtime/terminal.ts";
import type { Call } from "../call.ts";

/** Bytes of a password in MQTT. */
const MOST_BYTES = 65_535;
const LONGEST_NAME = 200;

/** The file that the broker would use. */
function fileOf({ configuration }: Call): string {
  const { users } = configuration.values;
  if (users !== undefined) return users;
  throw new CodedError(
    "config-invalid",
    "No file of users is named, expected --users FILE, COMQTT_USERS, or users in the file of --conf",
  );
}

/** Another password for a user that is there already. */
export async function addUser(call: Call): Promise<string> {
  const file = fileOf(call);
  const name = call.operands[0]!;
  const fault = unwritable(name);
  if (fault !== null) {
    throw new CodedError("argument-invalid", `Cannot add the user ${shownName(name)}: ${fault}`);
  }
  // (Asked for in vain is worse than refused at once.)
  const before = read(file);
  if (before !== null) {
    if (withUser(before, name, "").added) refuseOther(file, before);
  }
  const password = await passwordFor(name, ["Password", "Once more"]);
  const hash = await hashPassword(password);
  let added = true;
  await replaceFile(file, (bytes) => {
    const changed = withUser(bytes === null ? "" : bytesAsText(bytes), name, hash);
    added = changed.added;
    return textAsBytes(changed.text);
  });
  const done = added ? "is a new user" : "has another password";
  return `${shownName(name)} ${done} in ${quote(file)}${oddity(password)}\n${await warnings(file)}`;
}

/** A line more would break it when it is of another kind, a configuration or a ledger for example. */
function refuseOther(file: string, text: string): void {
  const lines = [...linesOf(text)].map(({ content }) => content);
  if (lines.some((line) => line.kind === "user" && parseHash(line.hash) !== null)) return;
  // (`auth:` opens a block in YAML; a user with a broken hash may be put right later.)
  if (!lines.some((line) => line.kind === "wrong" || line.kind === "user" && line.hash === "")) return;
  throw new CodedError(
    "users-invalid",
    `Cannot use ${
      quote(file)
    } as a file of users: no line of it is name:hash with a hash that can be checked`,
  );
}

/** What nobody sees who hands over a password from a file. */
export function oddity(password: Uint8Array): string {
  if (password.includes(10) || password.includes(13)) return "; there is a line break in the password";
  return password.includes(0) ? "; there is a zero byte in the password" : "";
}

export async function removeUser(call: Call): Promise<string> {
  const file = fileOf(call);
  const name = call.operands[0]!;
  let found = false;
  await replaceFile(file, (bytes) => {
    if (bytes === null) throw noFile(file);
    const rest = withoutUser(bytesAsText(bytes), name);
    found = rest !== null;
    return rest === null ? null : textAsBytes(rest);
  });
  if (!found) throw noUser(file, name);
  return `${shownName(name)} is no user in ${quote(file)} any more\n${await warnings(file)}`;
}

/** A line for each, with what the password was hashed with. */
export async function listUsers(call: Call): Promise<string> {
  const file = fileOf(call);
  const users = await usersIn(file, textAsBytes(read(file) ?? raise(noFile(file))));
  const names = [...users.keys()].map((name) => printable(name, LONGEST_NAME));
  const width = Math.max(0, ...names.map((name) => name.length));
  const lines = [...users.values()].map(({ hash }, i) => `${names[i]!.padEnd(width)}  ${hash.kind}\n`);
  return lines.join("");
}

export async function verifyPassword(call: Call): Promise<string> {
  const file = fileOf(call);
  const name = call.operands[0]!;
  const text = read(file) ?? raise(noFile(file));
  const hashes = [...linesOf(text)].map(({ content }) => content)
    .filter((content) => content.kind === "user" && content.name === name)
    .map((content) => content.kind === "user" ? content.hash : "");
  const [stored] = hashes;
  if (stored === undefined) throw noUser(file, name);
  if (hashes.length > 1) {
    throw new CodedError("users-invalid", `${quote(file)} has the user ${shownName(name)} more than once`);
  }
  const hash = parseHash(stored);
  if (hash === null) throw new CodedError("users-invalid", `${file}: ${hashFault(name, stored)}`);
  const password = await passwordFor(name, ["Password"]);
  if (!await hash.verify(password)) {
    throw new CodedError("password-wrong", `That is not the password of ${shownName(name)}`);
  }
  return `That is the password of ${shownName(name)}\n`;
}

/** Typed, or all of standard input without the line end that an editor or `echo` puts at its end. */
export async function passwordFor(name: string, questions: readonly string[]): Promise<Uint8Array> {
  const password = inputIsTerminal() ? await typed(name, questions) : await handedOver();
  if (password.length === 0) throw new CodedError("argument-invalid", "Cannot use an empty password");
  if (password.length > MOST_BYTES) {
    throw new CodedError(
      "argument-invalid",
      `Cannot use a password of more than the ${MOST_BYTES} bytes that MQTT has for one`,
    );
  }
  return password;
}

async function typed(name: string, questions: readonly string[]): Promise<Uint8Array> {
  const asked = questions.map((question) => `${question} of ${shownName(name)}: `);
  const [first, ...others] = await answersTo(asked);
  for (const other of others) {
    if (Buffer.compare(first!, other) !== 0) {
      throw new CodedError("argument-invalid", "The two passwords differ, nothing was changed");
    }
  }
  return first!;
}

/** Who has cancelled it knows, and is told nothing. */
async function answersTo(questions: readonly string[]): Promise<readonly Uint8Array[]> {
  const answers = await askHidden(questions, MOST_BYTES + 1);
  return "exitCode" in answers ? exit(answers.exitCode) : answers;
}

async function handedOver(): Promise<Uint8Array> {
  const bytes = await readInput(MOST_BYTES + 2) ?? new Uint8Array(MOST_BYTES + 1);
  const end = bytes.at(-1) !== 10 ? bytes.length : bytes.length - (bytes.at(-2) === 13 ? 2 : 1);
  return bytes.subarray(0, end);
}

/** What keeps the broker from using the file, now that it was changed; empty when nothing does. */
async function warnings(file: string): Promise<string> {
  try {
    await usersIn(file, textAsBytes(read(file) ?? ""));
    return "";
  } catch (error) {
    return `but it cannot be used:\n${textOf(error)}\n`;
  }
}

/** Null: there is none. */
function read(file: string): string | null {
  try {
    return bytesAsText(readFileSync(file));
  } catch (error) {
    if ((error as { readonly code?: unknown }).code === "ENOENT") return null;
    throw new CodedError("file-not-readable", `Cannot read ${quote(file)}: ${textOf(error)}`, {
      cause: error,
    });
  }
}

function noFile(file: string): Error {
  return new CodedError(
    "file-not-readable",
    `There is no file ${quote(file)}; comqtt passwd add NAME --users FILE makes one`,
  );
}

function noUser(file: string, name: string): Error {
  return new CodedError("user-not-found", `There is no user ${shownName(name)} in ${quote(file)}`);
}

function raise(error: Error): never {
  throw error;
}
