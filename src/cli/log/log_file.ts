/**
 * A file as an output of lines. It is put aside when it is full, opened again when it was moved or removed by somebody
 * else, and what cannot be written is said to whoever writes it, who tries again.
 */

import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { CodedError } from "../../core/errors.ts";
import { type AppendFile, fileStatus, openToAppend } from "../../runtime/output/append.ts";
import { describeFileFault } from "../../runtime/output/file_fault.ts";
import { type Keeping, putAside, tidy } from "./backups.ts";
import type { Target } from "./pump.ts";

const MODE = 0o640;
/** Of directories that are made for it. */
const DIRECTORY_MODE = 0o750;
/** Between two looks whether the file is still there. */
const LOOK_MS = 1000;
/** Until a rotation is tried again that has failed. */
const ROTATE_AGAIN_MS = 60_000;
/** Between two looks at the age of old ones. */
const TIDY_MS = 3_600_000;
const LINE_END = 0x0a;

export interface LogFileOptions extends Keeping {
  readonly path: string;
  /** Bytes. */
  readonly maxSize: number;
}

export interface LogFileHost {
  /** Milliseconds since 1970. */
  now(): number;
  /** Milliseconds that go on evenly. */
  monotonic(): number;
  /** Lines go on into the file that is there. */
  notRotated(why: string): void;
}

export class LogFile implements Target {
  readonly #options: LogFileOptions;
  readonly #host: LogFileHost;
  #file: AppendFile | null = null;
  #size = 0;
  #mode = MODE;
  /** Which file the last bytes went to. */
  #identity = "";
  #regular = true;
  /** What was written last is no whole line. */
  #torn = false;
  #lookAt = 0;
  #rotateAt = 0;
  #tidyFrom = -Infinity;
  #reopen = false;
  #ended = false;
  #tidying: Promise<void> | null = null;

  constructor(options: LogFileOptions, host: LogFileHost) {
    this.#options = options;
    this.#host = host;
  }

  /** Somebody has moved it: what is written from now on is for the file of that name. */
  reopen(): void {
    this.#reopen = true;
  }

  async write(batch: Uint8Array, from: number): Promise<number> {
    if (this.#ended) throw new CodedError("file-not-writable", "It is closed");
    try {
      return await this.#write(batch, from);
    } catch (error) {
      // (A disk or a directory may be another one by the next time.)
      await this.#close();
      throw error;
    }
  }

  writeSync(batch: Uint8Array, from: number): void {
    if (this.#file === null) return;
    for (let at = from; at < batch.length;) at += this.#file.writeSync(batch.subarray(at));
  }

  /** What is done with old ones just now is done. */
  async tidied(): Promise<void> {
    while (this.#tidying !== null) await this.#tidying;
  }

  /** Nothing is written any more. */
  async close(): Promise<void> {
    this.#ended = true;
    await this.#close();
    await this.tidied();
  }

  async #write(batch: Uint8Array, from: number): Promise<number> {
    const start = await this.#ready(batch, from);
    const { maxSize } = this.#options;
    let end = this.#torn || !this.#regular ? batch.length : fitting(batch, start, maxSize - this.#size);
    if (end === start && this.#size > 0) {
      await this.#rotate();
      end = this.#size === 0 ? fitting(batch, start, maxSize) : batch.length;
    }
    // (One line is more than a file is to hold.)
    if (end === start) end = endOfLine(batch, start);
    const written = await this.#file!.write(batch.subarray(start, end));
    this.#size += written;
    this.#torn = batch[start + written - 1] !== LINE_END;
    this.#tidy();
    return start + written;
  }

  /** The file is open; says where to go on: from the start of the line when what was written of it is in another file. */
  async #ready(batch: Uint8Array, from: number): Promise<number> {
    if (this.#file !== null && (this.#reopen || await this.#moved())) await this.#close();
    if (this.#file !== null) return from;
    this.#reopen = false;
    const before = this.#identity;
    await this.#open();
    if (this.#identity === before && this.#torn) return from;
    await this.#endLine();
    this.#torn = false;
    return startOfLine(batch, from);
  }

  async #open(): Promise<void> {
    const { path } = this.#options;
    await mkdir(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
    const file = await openToAppend(path, this.#mode);
    const { identity, size, mode, regular } = await file.status();
    this.#file = file;
    this.#size = regular ? size : 0;
    this.#mode = regular ? mode : MODE;
    this.#identity = identity;
    this.#regular = regular;
    this.#lookAt = this.#host.monotonic() + LOOK_MS;
    this.#tidyFrom = -Infinity;
    this.#tidy();
  }

  /** What an earlier run has not ended, or what there was no room for. */
  async #endLine(): Promise<void> {
    if (this.#size === 0 || await this.#file!.byteAt(this.#size - 1) === LINE_END) return;
    this.#size += await this.#file!.write(Uint8Array.of(LINE_END));
  }

  /** Its name is another file's by now, or nobody's. */
  async #moved(): Promise<boolean> {
    const now = this.#host.monotonic();
    if (now < this.#lookAt) return false;
    this.#lookAt = now + LOOK_MS;
    // (Who may not look any more can still write.)
    const status = await fileStatus(this.#options.path).catch(() => undefined);
    if (status === undefined) return false;
    if (status?.identity !== this.#identity) return true;
    // (It may have been emptied, after a copy was made.)
    if (this.#regular) this.#size = status.size;
    return false;
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await file?.close().catch(() => {});
  }

  /** A file that cannot be put aside goes on growing, rather than that lines are lost. */
  async #rotate(): Promise<void> {
    const now = this.#host.monotonic();
    if (now < this.#rotateAt) return;
    await this.#close();
    try {
      await putAside(this.#options.path, this.#host.now());
    } catch (error) {
      this.#rotateAt = now + ROTATE_AGAIN_MS;
      this.#host.notRotated(describeFileFault(error));
    }
    await this.#open();
  }

  /** Looks after old ones, when there is a new one and once an hour. */
  #tidy(): void {
    const now = this.#host.monotonic();
    if (this.#tidying !== null || !this.#regular || now < this.#tidyFrom) return;
    this.#tidyFrom = now + TIDY_MS;
    this.#tidying = tidy(this.#options.path, this.#options, this.#host.now())
      .catch((error) => this.#host.notRotated(describeFileFault(error)))
      .finally(() => {
        this.#tidying = null;
        this.#tidy();
      });
  }
}

/** The end of the last whole line within so many bytes; `from` when there is none. */
function fitting(batch: Uint8Array, from: number, room: number): number {
  if (batch.length - from <= room) return batch.length;
  if (room <= 0) return from;
  const last = batch.lastIndexOf(LINE_END, from + room - 1);
  return last < from ? from : last + 1;
}

function startOfLine(batch: Uint8Array, from: number): number {
  return from === 0 ? 0 : batch.lastIndexOf(LINE_END, from - 1) + 1;
}

function endOfLine(batch: Uint8Array, from: number): number {
  const end = batch.indexOf(LINE_END, from);
  return end < 0 ? batch.length : end + 1;
}
