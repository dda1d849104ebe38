/** Bytes at the end of a file, while the event loop goes on: disks fill up and hang. */

import { writeSync } from "node:fs";
import { type FileHandle, open, stat } from "node:fs/promises";
import { Buffer } from "node:buffer";
import { onDeno } from "../platform.ts";
import type { Appending } from "./process_output.ts";

export interface FileStatus {
  /** The same for the same file, whatever it is called. */
  readonly identity: string;
  readonly size: number;
  /** Permission bits. */
  readonly mode: number;
  /** No device, pipe or directory. */
  readonly regular: boolean;
}

/** A file that is open. */
export interface AppendFile extends Appending {
  status(): Promise<FileStatus>;
  /** Undefined when there is none. */
  byteAt(position: number): Promise<number | undefined>;
  close(): Promise<void>;
}

/** Created with these permission bits when it is not there. */
export function openToAppend(path: string, mode: number): Promise<AppendFile> {
  return onDeno ? DenoFile.open(path, mode) : NodeFile.open(path, mode);
}

/** Null: there is no such file. */
export async function fileStatus(path: string): Promise<FileStatus | null> {
  try {
    return statusOf(await stat(path));
  } catch (error) {
    if ((error as { code?: unknown }).code === "ENOENT") return null;
    throw error;
  }
}

interface AnyStatus {
  readonly dev: number;
  readonly ino: number | null;
  readonly size: number;
  readonly mode: number | null;
}

function statusOf(stats: AnyStatus & { isFile(): boolean }): FileStatus {
  return describe(stats, stats.isFile());
}

function describe({ dev, ino, size, mode }: AnyStatus, regular: boolean): FileStatus {
  return { identity: `${dev}:${ino}`, size, mode: (mode ?? 0o640) & 0o777, regular };
}

class DenoFile implements AppendFile {
  readonly #file: Deno.FsFile;

  private constructor(file: Deno.FsFile) {
    this.#file = file;
  }

  static async open(path: string, mode: number): Promise<AppendFile> {
    return new DenoFile(await Deno.open(path, { append: true, create: true, read: true, mode }));
  }

  write(bytes: Uint8Array): Promise<number> {
    return this.#file.write(bytes);
  }

  writeSync(bytes: Uint8Array): number {
    return this.#file.writeSync(bytes);
  }

  async status(): Promise<FileStatus> {
    const stats = await this.#file.stat();
    return describe(stats, stats.isFile);
  }

  async byteAt(position: number): Promise<number | undefined> {
    const byte = new Uint8Array(1);
    await this.#file.seek(position, Deno.SeekMode.Start);
    return await this.#file.read(byte) === 1 ? byte[0] : undefined;
  }

  close(): Promise<void> {
    this.#file.close();
    return Promise.resolve();
  }
}

class NodeFile implements AppendFile {
  readonly #file: FileHandle;

  private constructor(file: FileHandle) {
    this.#file = file;
  }

  static async open(path: string, mode: number): Promise<AppendFile> {
    return new NodeFile(await open(path, "a+", mode));
  }

  async write(bytes: Uint8Array): Promise<number> {
    return (await this.#file.write(bytes)).bytesWritten;
  }

  writeSync(bytes: Uint8Array): number {
    return writeSync(this.#file.fd, bytes);
  }

  async status(): Promise<FileStatus> {
    return statusOf(await this.#file.stat());
  }

  async byteAt(position: number): Promise<number | undefined> {
    const byte = Buffer.alloc(1);
    return (await this.#file.read(byte, 0, 1, position)).bytesRead === 1 ? byte[0] : undefined;
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}
