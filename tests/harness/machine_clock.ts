/** The clock of a machine, for programs in processes of their own: Debian's libfaketime shows it to them. */

import { mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const LIBRARY = "faketime/libfaketime.so.1";

/** Null: it is not installed. */
const library: string | null = find();

function find(): string | null {
  if (process.platform !== "linux") return null;
  // (Each architecture has a folder of its own.)
  for (const folder of readdirSync("/usr/lib")) {
    try {
      readdirSync(join("/usr/lib", folder, "faketime"));
      return join("/usr/lib", folder, LIBRARY);
    } catch {
      // Not that one.
    }
  }
  return null;
}

/** For tests that set it. */
export const needsMachineClock: { skip: string } | Record<string, never> = library === null
  ? { skip: "skipped: needs faketime" }
  : {};

export class MachineClock implements Disposable {
  readonly #folder: string = mkdtempSync(join(tmpdir(), "comqtt-clock-"));
  readonly #file: string = join(this.#folder, "clock");
  /** In milliseconds, of what it is really. */
  #ahead = 0;

  /** `at`: what it shows first, in milliseconds since 1970. Default: what time it is. */
  constructor(at: number = Date.now()) {
    this.#set(at - Date.now());
  }

  now(): number {
    return Date.now() + this.#ahead;
  }

  /** Set by so many milliseconds, forward or back, for every process that has `variables`. */
  step(milliseconds: number): void {
    this.#set(this.#ahead + milliseconds);
  }

  #set(ahead: number): void {
    const seconds = Math.round(ahead / 1000);
    this.#ahead = seconds * 1000;
    // (Nobody reads half of it. A number without a sign would be taken for a date.)
    writeFileSync(`${this.#file}-new`, `${seconds < 0 ? "-" : "+"}${Math.abs(seconds)}\n`);
    renameSync(`${this.#file}-new`, this.#file);
  }

  /** The environment of processes that see it. What goes on evenly, the kernel's monotonic clock, is as it is. */
  get variables(): Readonly<Record<string, string>> {
    return {
      LD_PRELOAD: library!,
      FAKETIME_TIMESTAMP_FILE: this.#file,
      FAKETIME_NO_CACHE: "1",
      FAKETIME_DONT_FAKE_MONOTONIC: "1",
    };
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
