/** Follows what `deno test` prints, line by line, and keeps of it what somebody wants to read. */

/** Tests of one folder. */
interface Counts {
  passed: number;
  failed: number;
  ignored: number;
}

export class Summary {
  readonly #say: (line: string) => void;
  readonly #now: () => number;
  readonly #lines: string[] = [];
  readonly #ignored: string[] = [];
  #folder = "";
  #counts: Counts = { passed: 0, failed: 0, ignored: 0 };
  #since = 0;
  /** Where the description of what failed begins; -1 as long as it has not. */
  #errors = -1;
  #last = "";

  /** `say` is called with a line when a folder is done. */
  constructor(say: (line: string) => void, now: () => number = () => performance.now()) {
    this.#say = say;
    this.#now = now;
  }

  /** Names of the tests that were skipped. */
  get ignored(): readonly string[] {
    return this.#ignored;
  }

  line(text: string): void {
    this.#lines.push(text);
    if (/^(ok|FAILED) \| \d+ passed/.test(text)) this.#last = text;
    if (text === " ERRORS ") {
      this.#finish();
      this.#errors = this.#lines.length - 1;
    }
    if (this.#errors >= 0) return;
    const file = /^running \d+ tests? from (?:\.\/)?(.+)$/.exec(text)?.[1];
    if (file !== undefined) this.#enter(folderOf(file));
    const [, name, result] = /^(\S.*) \.\.\. (ok|FAILED|ignored)\b.*$/.exec(text) ?? [];
    if (name === undefined) return;
    if (result === "ok") this.#counts.passed++;
    else if (result === "FAILED") this.#counts.failed++;
    else {
      this.#counts.ignored++;
      this.#ignored.push(name);
    }
  }

  /** Nothing comes any more. */
  end(): void {
    if (this.#errors < 0) this.#finish();
  }

  /** The line with the counts; empty when the run did not get that far. */
  get last(): string {
    return this.#last;
  }

  /** Everything about what failed; all there is when the run broke off before it said so. */
  failures(): string {
    const from = this.#errors >= 0 ? this.#errors : 0;
    return this.#lines.slice(from).filter((line) => line !== this.#last || line === "").join("\n").trim();
  }

  #enter(folder: string): void {
    if (folder === this.#folder) return;
    this.#finish();
    this.#folder = folder;
    this.#counts = { passed: 0, failed: 0, ignored: 0 };
    this.#since = this.#now();
  }

  #finish(): void {
    const { passed, failed, ignored } = this.#counts;
    if (this.#folder === "" || passed + failed + ignored === 0) return;
    const seconds = Math.round((this.#now() - this.#since) / 1000);
    const parts = [
      `${String(passed).padStart(5)} passed`,
      ...(failed > 0 ? [`${failed} FAILED`] : []),
      ...(ignored > 0 ? [`${ignored} skipped`] : []),
    ];
    this.#say(`${this.#folder.padEnd(24)}${parts.join(", ")} (${seconds} s)`);
    this.#folder = "";
  }
}

/** The first two: `tests/broker`. */
function folderOf(file: string): string {
  return file.split("/").slice(0, -1).slice(0, 2).join("/") || file;
}
