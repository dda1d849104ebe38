/**
 * Users and their passwords from a file, as `mosquitto_passwd` and `comqtt passwd` write it.
 *
 * ```ts
 * import { Server, TcpListener } from "@comqtt/comqtt";
 * import { Users } from "@comqtt/comqtt/hooks/auth/users";
 *
 * const server = new Server();
 * server.addHook(new Users({ file: "users" }));
 * server.addHook({ id: "topics", onAclCheck: () => "allow" });
 * await server.addListener(new TcpListener({ id: "tcp", address: "127.0.0.1:1883" }));
 * await server.serve();
 * ```
 *
 * **The file** has a line `name:hash` for each user. Blanks around both are no part of them; lines that begin with `#`,
 * and blank ones, are passed over; lines end with LF or CRLF, the last may have no end. A name has every character but `:`
 * and line breaks. Hashes are `$argon2id$` (what {@link hashPassword} makes, and mosquitto 2.1), `$7$` and `$6$` of
 * mosquitto_passwd with any rounds and salt, `$scrypt$`, `$pbkdf2-sha512$`, `$pbkdf2-sha256$`, and bcrypt as `htpasswd -B`
 * writes it. Anything else, a line without a colon and a name that is there twice are errors: nobody becomes a user, or
 * ceases to be one, by a slip.
 *
 * **Who may connect.** A user of the file with the right password is let in, one with a wrong password or none is refused,
 * whatever hooks come after this one. Of everyone else, clients without a user name included, it has no opinion. It says
 * nothing about topics: another hook has to.
 *
 * **Passwords** are bytes, of any length MQTT has, and all of them count, with these exceptions. bcrypt looks at the first 72,
 * everywhere; one with a zero byte in it is never right there. To PBKDF2 and scrypt zero bytes at the end of a short
 * password are nothing, everywhere. (mosquitto looks at what stands before the first zero byte only.)
 *
 * @module
 */

import { readFile, stat } from "node:fs/promises";
import { textOf } from "../../src/core/error_text.ts";
import { CodedError } from "../../src/core/errors.ts";
import { isPromise, type MaybePromise } from "../../src/core/maybe_promise.ts";
import { checkOptions, checkText, type Shape } from "../../src/core/misuse.ts";
import { quote } from "../../src/core/problem.ts";
import type {
  Client,
  ConnectOpinion,
  Credentials,
  Explained,
  ExplainedAction,
  Hook,
  HookHost,
} from "../../src/hook/hook.ts";
import type { LogLevel } from "../../src/core/options.ts";
import { Reasons } from "../../src/packets/reason.ts";
import { checkInterval } from "./frame/interval.ts";
import { LetIn } from "./frame/let_in.ts";
import { type Checked, passwordChecks } from "./passwords/checks.ts";
import type { PasswordHash } from "./passwords/hash.ts";
import { UsersError } from "./users/error.ts";
import { type UserEntry, usersIn } from "./users/list.ts";
import { shownName } from "./users/lines.ts";
import { FileWatch } from "./users/watch.ts";

export { hashPassword } from "./passwords/parse.ts";
export { UsersError, type UsersProblem } from "./users/error.ts";

/** Where the users are. */
export interface UsersOptions {
  /** The path of the file. */
  readonly file: string;
  /** Names the hook in logs; default `users`. */
  readonly id?: string;
  /**
   * Milliseconds from one look whether the file has changed to the next, 10 to 3,600,000; 0: it is only read again by
   * {@link Users.reload}. Default 1000.
   */
  readonly interval?: number;
  /**
   * A client whose name is not in the file, and who gives a password, is made to wait as long as a wrong password takes: so the
   * time does not tell which names there are. That takes as much of the processor, too: false where hooks that come after
   * this one know other users, the last of them an `Anonymous` that does so once for all. Default true.
   */
  readonly disguise?: boolean;
}

const shape: Shape<UsersOptions> = { file: "string", id: "string", interval: "number", disguise: "boolean" };

/**
 * Users and passwords from a file that may change while the server runs. It is read again when it has, all of it at once; while
 * something is wrong with it the users stay as they were, with one line in the log that says where. Who was let in and is no user
 * any more, or has another hash, is disconnected with 0x87 (MQTT 3: the connection ends); all others stay connected.
 *
 * Passwords are checked off the event loop, by all hooks together as many at a time as there are processors but one; up to
 * 1,000 more wait for at most four seconds, and beyond that clients are told that the server is busy (0x89, in 3.x 3). One that
 * was right is remembered for an hour, as long as the same hash stands in the file.
 */
export class Users implements Hook {
  /** `users`, if the options do not say otherwise. */
  readonly id: string;
  /** Nobody is let in without a password. */
  readonly requiresCredentials: boolean = true;
  /** Whom it has let in. */
  readonly letIn: LetIn = new LetIn(({ username }) => this.#users.has(username));
  readonly #file: string;
  readonly #hosts: Set<HookHost> = new Set();
  readonly #watch: FileWatch | null;
  readonly #disguise: boolean;
  /** As whom they came, and with what. */
  readonly #came: WeakMap<Client, { readonly username: string; readonly hash: string }> = new WeakMap();
  #started = 0;
  #users: ReadonlyMap<string, UserEntry> = new Map();
  /** Somebody's slow hash: checking it takes as long as checking another's. */
  #decoy: PasswordHash | null = null;
  #reloaded: Promise<void> = Promise.resolve();
  #complained = -Infinity;

  /** Throws a TypeError or RangeError for options that are none. The file is read when the server starts. */
  constructor(options: UsersOptions) {
    checkOptions("new Users", options, shape);
    checkText("Cannot use the file of new Users", options.file);
    const { interval = 1000 } = options;
    checkInterval("new Users", interval);
    this.id = options.id ?? "users";
    this.#file = options.file;
    this.#disguise = options.disguise ?? true;
    this.#watch = interval === 0 ? null : new FileWatch(this.#file, interval, () => this.#noticed());
  }

  /** How many users there are. */
  get size(): number {
    return this.#users.size;
  }

  /** The slow hash of somebody in the file; null: there is none. */
  get decoy(): PasswordHash | null {
    return this.#decoy;
  }

  /** Called by the server: reads the file. Rejects with a {@link UsersError}. */
  async init(host: HookHost): Promise<void> {
    await this.reload();
    this.letIn.asked = true;
    this.#hosts.add(host);
    this.#started++;
    this.#watch?.start();
  }

  /** Called by the server. */
  onStopped(): void {
    if (--this.#started > 0) return;
    this.#watch?.stop();
    this.letIn.asked = false;
  }

  /**
   * Reads the file again, without waiting for the next look. Rejects with a {@link UsersError} when there is anything wrong
   * with it; then the users stay as they were.
   */
  reload(): Promise<void> {
    // One after the other, so that what was read last is what counts.
    const done = this.#reloaded.then(() => this.#read());
    this.#reloaded = done.catch(() => {});
    return done;
  }

  /** Decides who may connect; at once when no slow hash has to be computed. */
  onConnectAuthenticate(client: Client, { password }: Credentials): MaybePromise<ConnectOpinion> {
    const { username, remoteAddress } = client;
    const user = this.#users.get(username);
    if (user === undefined) return this.#unknown(username, password, remoteAddress);
    if (password === null) return "deny";
    const checked = passwordChecks.check(username, password, user.hash, remoteAddress);
    const answer = (one: Checked): ConnectOpinion => {
      if (one === "busy") return this.#busy();
      // (The check may have taken its time: the file may say something else by now.)
      const current = this.#users.get(username)?.hash.text;
      if (one === "wrong" || current !== user.hash.text) return "deny";
      this.letIn.note(client);
      this.#came.set(client, { username, hash: current });
      return "allow";
    };
    return isPromise(checked) ? checked.then(answer) : answer(checked);
  }

  /** Says in which line a user stands. */
  onExplain({ username }: Client, action: ExplainedAction): Explained | void {
    if (action !== "connect") return;
    const user = this.#users.get(username);
    const file = quote(this.#file);
    if (user === undefined) {
      const detail = username === "" ? "there is no user name" : `the user is not in ${file}`;
      return { detail };
    }
    const rule = { where: `${this.#file}:${user.line}`, text: `user ${shownName(username)} with a password` };
    return { answer: "credentials", rule, detail: "that depends on the password" };
  }

  /** No opinion, after the time that a wrong password of a user would have taken. */
  #unknown(username: string, password: Uint8Array | null, address: string): MaybePromise<ConnectOpinion> {
    if (!this.#disguise || this.#decoy === null || password === null || username === "") return undefined;
    const pretended = passwordChecks.pretend(password, this.#decoy, address);
    // (Who is told otherwise than a user would be is told that there is no such user.)
    const opinion = (checked: Checked): ConnectOpinion => checked === "busy" ? this.#busy() : undefined;
    return isPromise(pretended) ? pretended.then(opinion) : opinion(pretended);
  }

  #busy(): ConnectOpinion {
    this.#complain();
    return { refuse: Reasons.serverBusy };
  }

  async #read(): Promise<void> {
    await this.#watch?.note();
    const users = await usersIn(this.#file, await bytesOf(this.#file));
    this.#users = users;
    this.#disconnectOthers();
    this.#decoy = null;
    for (const { hash } of users.values()) {
      if (!hash.slow) continue;
      this.#decoy = hash;
      break;
    }
  }

  /** Who was let in with what is not there any more, and only they. */
  #disconnectOthers(): void {
    const other = (client: Client): boolean => {
      const known = this.#came.get(client);
      return known !== undefined && this.#users.get(known.username)?.hash.text !== known.hash;
    };
    for (const host of this.#hosts) {
      host.disconnect(other, Reasons.notAuthorized, "the user was removed, or has another password");
    }
  }

  /** One line, whatever is wrong. */
  async #noticed(): Promise<void> {
    try {
      await this.reload();
      const count = `${this.size} ${this.size === 1 ? "user" : "users"}`;
      this.#log("info", `The file ${quote(this.#file)} was read again: ${count}`);
    } catch (error) {
      const { problems } = error instanceof UsersError
        ? error
        : { problems: [{ where: this.#file, message: textOf(error) }] };
      const [first] = problems;
      const more = problems.length > 1 ? `, and ${problems.length - 1} more` : "";
      this.#log("error", `${first!.where}: ${first!.message}${more}; the users stay as they were`);
    }
  }

  #log(level: LogLevel, text: string): void {
    for (const host of this.#hosts) host.log(level, text);
  }

  /** Once a minute is enough: strangers can bring it about. */
  #complain(): void {
    const now = performance.now();
    if (now - this.#complained < 60_000) return;
    this.#complained = now;
    this.#log("warn", "Too many passwords to check at a time, clients are refused");
  }
}

/** Rejects with a `UsersError`. */
async function bytesOf(file: string): Promise<Uint8Array> {
  try {
    // (Reading a pipe, or a device, may never end.)
    if (!(await stat(file)).isFile()) throw new CodedError("file-not-readable", "it is no file");
    return await readFile(file);
  } catch (error) {
    const message = `Cannot read the users: ${textOf(error)}`;
    throw new UsersError([{ where: file, message }], { cause: error, code: "file-not-readable" });
  }
}
