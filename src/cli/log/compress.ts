/** Compresses a file that nobody writes any more, in small pieces with pauses: nobody waits for it. */

import { Buffer } from "node:buffer";
import { type FileHandle, open, rename, rm, unlink } from "node:fs/promises";
import { setTimeout } from "../../runtime/timers.ts";
import { createGzip, type Gzip } from "node:zlib";

/** Bytes at a time: on Deno they are compressed in the event loop, which takes some tenths of a millisecond. */
const PIECE = 16_384;
/** So many times as long as a piece takes nothing is done. */
const PAUSE = 4;

/** `FILE.gz` instead of the file. What is not complete has another name, and is made anew the next time. */
export async function compress(path: string): Promise<void> {
  const part = `${path}.gz.part`;
  const from = await open(path, "r");
  try {
    const { mode } = await from.stat();
    await rm(part, { force: true });
    const to = await open(part, "w", mode & 0o777);
    try {
      await pack(from, to);
    } finally {
      await to.close();
    }
  } catch (error) {
    await rm(part, { force: true }).catch(() => {});
    throw error;
  } finally {
    await from.close();
  }
  await rename(part, `${path}.gz`);
  await unlink(path);
}

async function pack(from: FileHandle, to: FileHandle): Promise<void> {
  const gzip = createGzip();
  const packed: Uint8Array[] = [];
  gzip.on("data", (bytes: Uint8Array) => packed.push(bytes));
  const write = async (): Promise<void> => {
    for (const bytes of packed.splice(0)) await writeAll(to, bytes);
  };
  const piece = Buffer.alloc(PIECE);
  for (;;) {
    const { bytesRead } = await from.read(piece, 0, PIECE, null);
    if (bytesRead === 0) break;
    const begun = performance.now();
    await added(gzip, piece.subarray(0, bytesRead));
    await write();
    await pause(PAUSE * (performance.now() - begun));
  }
  await ended(gzip);
  await write();
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += (await file.write(bytes, at)).bytesWritten;
}

function added(gzip: Gzip, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    gzip.write(bytes, (error) => error === null || error === undefined ? resolve() : reject(error));
  });
}

function ended(gzip: Gzip): Promise<void> {
  return new Promise((resolve, reject) => {
    gzip.once("error", reject).once("end", resolve).end();
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
