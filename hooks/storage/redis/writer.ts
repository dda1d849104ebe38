/** Commits, under the lock, onto what the last commit left. Notices when that is no longer there. */

import { clearTimeout, setTimeout } from "../../../src/runtime/timers.ts";
import type { StorageHost } from "../../../src/storage/storage.ts";
import type { StorageError } from "../../../src/storage/error.ts";
import type { Argument, Commands } from "./commands.ts";
import { Connection } from "./connection.ts";
import { type Durability, inspect } from "./durability.ts";
import { fault } from "./faults.ts";
import type { RedisSettings } from "./options.ts";
import { acquire, FORMAT, newMark } from "./owner.ts";
import { RecentCommits } from "./recent.ts";
import { inUse, list, words } from "./replies.ts";
import { ADOPT, CLEAR, COMMIT, READ, RELEASE, RENEW, type Script } from "./scripts.ts";

const DOING = "write to";
/** Milliseconds for an answer when the server ends. */
const HURRY = 1500;
/** A large commit gets a millisecond more for so many bytes, and for so many arguments. */
const BYTES_PER_MS = 4096;
const ARGUMENTS_PER_MS = 50;

export class Writer {
  readonly connection: Connection;
  durability: Durability = "unknown";
  failing: StorageError | null = null;
  /** What earlier commits have written is not there any more: the next one will say so. */
  lost = false;
  readonly #settings: RedisSettings;
  readonly #host: StorageHost;
  readonly #mark: string = newMark();
  /** The last commit that is certainly there, and the last that was tried. */
  #known = 0;
  #tried = 0;
  /** What is cleared away, as the script knows it, and how far; empty: nothing. */
  #clearing = "";
  #cursor = "0";
  readonly #recent: RecentCommits = new RecentCommits();
  /** Another server has taken over: nothing is written any more. */
  #fenced: StorageError | null = null;
  #timeout: number;
  #renewAt = 0;
  /** A commit is under way. */
  #busy = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** Throws a StorageError. */
  static async open(settings: RedisSettings, host: StorageHost): Promise<Writer> {
    const writer = new Writer(settings, host);
    try {
      await writer.#open();
      return writer;
    } catch (error) {
      await writer.close();
      throw error;
    }
  }

  private constructor(settings: RedisSettings, host: StorageHost) {
    this.#settings = settings;
    this.#host = host;
    this.#timeout = settings.timeout;
    this.connection = new Connection(
      settings,
      (level, text, code) => host.log(level, text, code),
      () => void this.#look(),
    );
  }

  /** Sixteen characters that no other writer has. */
  get id(): string {
    return this.#mark.slice(0, 16);
  }

  async #open(): Promise<void> {
    await this.connection.open();
    this.durability = await inspect(this.connection, this.#settings, this.#host);
    const { commits, clearing } = await acquire(this.connection, this.#settings, this.#mark, this.#host);
    this.#known = this.#tried = commits;
    this.#clearing = clearing;
    this.#renewLater();
    while (!await this.#clear()) { /* A step at a time. */ }
  }

  /** `commands` is given the number of this try. Throws a StorageError; it may have been done all the same. */
  async write(commands: (number: number) => Commands): Promise<void> {
    this.#busy = true;
    try {
      await this.#write(commands);
      this.failing = null;
    } catch (error) {
      this.failing = error as StorageError;
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  async #write(commands: (number: number) => Commands): Promise<void> {
    const number = ++this.#tried;
    // (Made even if they can't be sent: what is told from here on comes after them.)
    const { args, frees } = commands(number);
    if (this.#fenced !== null) throw this.#fenced;
    if (this.#clearing !== "") await this.#begin();
    const all = [frees ? "1" : "0", this.#renews() ? "1" : "0"].concat(args as string[]);
    let [what, ...said] = await this.#run(COMMIT, this.#known, number, all);
    if (what === "moved" && await this.#repeat(said)) {
      [what, ...said] = await this.#run(COMMIT, this.#known, number, all);
    }
    if (what === "ok") {
      if (this.#mayForget) this.#recent.add(this.#known, number, all);
      this.#known = number;
      this.lost = false;
      return;
    }
    this.#refused(what, said);
    await this.#adopt();
    await this.#begin();
  }

  /** It is time to renew the lock. */
  #renews(): boolean {
    const now = performance.now();
    if (now < this.#renewAt) return false;
    this.#renewAt = now + this.#settings.lockTime / 3;
    return true;
  }

  /** Redis may come back as it was a little while ago. */
  get #mayForget(): boolean {
    return this.durability !== "always" && this.durability !== "none";
  }

  /** Redis has forgotten what it was told last, and it is known here: it is told again. */
  async #repeat([writer, commits = ""]: readonly string[]): Promise<boolean> {
    const missing = writer === this.#mark && commits !== "" ? this.#recent.since(Number(commits)) : null;
    if (missing === null) return false;
    for (const { after, number, args } of missing) {
      const [what] = await this.#run(COMMIT, after, number, args);
      if (what !== "ok") return false;
    }
    this.#host.log(
      "warn",
      `Redis at "${this.#settings.place}" came back without the last ${missing.length} commits; ` +
        "they were written again, nothing is lost",
    );
    return true;
  }

  /** The scripts with a guard. */
  async #run(script: Script, known: number, number: number, args: readonly Argument[]): Promise<string[]> {
    let size = 0;
    for (const one of args) size += one.length;
    const more = Math.round(size / BYTES_PER_MS + args.length / ARGUMENTS_PER_MS);
    return words(
      await this.connection.run(DOING, script, this.#guarded(known, number, args), this.#timeout + more),
    );
  }

  #guarded(known: number, number: number, args: readonly Argument[]): Argument[] {
    const guard: Argument[] = [this.#mark, String(known), String(number), String(this.#settings.lockTime)];
    return guard.concat(args as Argument[]);
  }

  /**
   * The answer to a command that only reads. Throws a StorageError, also when Redis came back without what it was told
   * last: what is missing is not gone, and the next commit writes it again or says that it is.
   */
  async ask(doing: string, args: readonly string[]): Promise<unknown> {
    const all = this.#guarded(this.#known, Number.MAX_SAFE_INTEGER, args);
    const reply = list(await this.connection.run(doing, READ, all, this.#timeout));
    if (words(reply.slice(0, 1))[0] === "ok") return reply[1];
    this.lost = true;
    throw fault({
      kind: "input/output",
      doing,
      place: this.#settings.place,
      why: "it does not have what it was told last",
      advice: "the next commit sees to that",
    });
  }

  /** Throws when another server is to blame. */
  #refused(what: string | undefined, [first = "", second = ""]: readonly string[]): void {
    const { place, prefix } = this.#settings;
    // (Somebody else who has written more than we did came after us, and has ended.)
    const later = first !== this.#mark && second !== "" && Number(second) >= this.#known;
    const other = what === "taken" ? first : later ? "" : null;
    if (other === null) return;
    this.#fenced = this.failing = inUse({ doing: DOING, place, prefix, mark: other });
    this.#host.log(
      "error",
      `${this.#fenced.message}. This server did not answer for too long and has lost it`,
      this.#fenced.code,
    );
    throw this.#fenced;
  }

  /** What is there instead of our data is ours from now on, to be cleared away. */
  async #adopt(): Promise<void> {
    const number = ++this.#tried;
    const [what, ...said] = await this.#run(ADOPT, this.#known, number, [String(FORMAT)]);
    // (Nothing is lost after all: this commit failed, and that is all.)
    if (what === "kept") {
      throw fault({
        kind: "input/output",
        doing: DOING,
        place: this.#settings.place,
        why: "an earlier commit came late",
        advice: "this one is tried again",
      });
    }
    if (what !== "ok") this.#refused(what, said);
    this.#recent.forget();
    this.#known = number;
    this.#clearing = String(number);
    this.#cursor = "0";
  }

  /** Ends with an empty storage, and says so. */
  async #begin(): Promise<never> {
    while (!await this.#clear()) { /* A step at a time. */ }
    this.lost = false;
    throw fault({
      kind: "lost",
      doing: DOING,
      place: this.#settings.place,
      why: "what was kept there is gone, wholly or in part",
      advice: "what this server has in memory is written again; give Redis an append-only file",
    });
  }

  /** A step. True: all is gone that was to go. */
  async #clear(): Promise<boolean> {
    if (this.#clearing === "") return true;
    const args = [this.#mark, this.#clearing, this.#cursor, String(this.#settings.lockTime)];
    const [what, cursor = "0"] = words(await this.connection.run(DOING, CLEAR, args));
    this.#cursor = cursor;
    if (what === "more") return false;
    // (Not ours, or not there any more: the next commit finds out.)
    this.#clearing = "";
    return true;
  }

  #renewLater(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(
      () => void this.#look().finally(() => this.#renewLater()),
      this.#settings.lockTime / 3,
    );
  }

  /** Renews the lock, and looks whether all is there. */
  async #look(): Promise<void> {
    // (A commit renews it and looks as well, and a large one would make this wait too long.)
    if (this.#closed || this.#busy || this.#fenced !== null || this.#clearing !== "") return;
    try {
      // (While it is on its way there may be any number of commits.)
      const [what, ...said] = await this.#run(RENEW, this.#known, Number.MAX_SAFE_INTEGER, []);
      if (what === "ok") return;
      this.#refused(what, said);
      this.lost = true;
    } catch {
      // It is in the log, and the next commit says it.
    }
  }

  /** From here on answers are not waited for that long: the server is to end. */
  hurry(): void {
    this.#timeout = Math.min(this.#settings.timeout, HURRY);
  }

  /** The lock stays. */
  abandon(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.connection.close();
  }

  /** Gives the lock back, if that can be done now. */
  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.hurry();
    if (this.#tried > 0) {
      await this.connection.run("close the storage in", RELEASE, [this.#mark], this.#timeout).catch(() => {});
    }
    this.connection.close();
  }
}
