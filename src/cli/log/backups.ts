/**
 * What was a log file: `comqtt-2024-01-02T15-04-05.000.log`, and `.gz` behind it when it is compressed. (So comqtt 2 calls
 * them, and what people have that collects them knows the names.) The time is UTC.
 */

import { readdir, rename, unlink } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { fileStatus } from "../../runtime/output/append.ts";
import { compress } from "./compress.ts";

/** How many of them are kept, for how long, and how. */
export interface Keeping {
  /** Milliseconds; 0: for ever. */
  readonly maxAge: number;
  /** 0: all. */
  readonly maxBackups: number;
  readonly compress: boolean;
}

interface Backup {
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly time: number;
  readonly compressed: boolean;
}

const TIME = /^(\d{4}-\d\d-\d\d)T(\d\d)-(\d\d)-(\d\d\.\d{3})$/;

/** Of a file that is put aside at that time. */
export function backupName(path: string, time: number): string {
  const [begin, end] = around(path);
  const stamp = new Date(time).toISOString().slice(0, -1).replaceAll(":", "-");
  return join(dirname(path), begin + stamp + end);
}

/** Gives the file a name of this time, or of the first millisecond later that is free. */
export async function putAside(path: string, time: number): Promise<void> {
  let at = time;
  while (await taken(backupName(path, at))) at++;
  await rename(path, backupName(path, at));
}

async function taken(path: string): Promise<boolean> {
  return await fileStatus(path) !== null || await fileStatus(`${path}.gz`) !== null;
}

/**
 * Removes those that are too many or too old, and compresses the others if they are to be. Goes on with the next one when
 * something fails, and throws that at the end.
 */
export async function tidy(path: string, keeping: Keeping, now: number): Promise<void> {
  let failure: unknown = null;
  const tried = async (work: Promise<void>): Promise<void> => {
    try {
      await work;
    } catch (error) {
      failure ??= error;
    }
  };
  const all = await backups(path);
  const times = [...new Set(all.map(({ time }) => time))].toSorted((a, b) => b - a);
  const oldest = keeping.maxAge > 0 ? now - keeping.maxAge : -Infinity;
  const many = new Set(keeping.maxBackups > 0 ? times.slice(keeping.maxBackups) : []);
  for (const { file, time, compressed } of all) {
    const whole = join(dirname(path), file);
    if (many.has(time) || time < oldest) await tried(unlink(whole));
    else if (keeping.compress && !compressed) await tried(compress(whole));
  }
  if (failure !== null) throw failure;
}

/** Of this log, the oldest first. */
async function backups(path: string): Promise<Backup[]> {
  const [begin, end] = around(path);
  const found: Backup[] = [];
  for (const file of await readdir(dirname(path))) {
    const compressed = file.endsWith(".gz");
    const name = compressed ? file.slice(0, -3) : file;
    if (!name.startsWith(begin) || !name.endsWith(end)) continue;
    const [, day, hour, minute, second] = TIME.exec(name.slice(begin.length, name.length - end.length)) ?? [];
    const time = Date.parse(`${day}T${hour}:${minute}:${second}Z`);
    if (!Number.isNaN(time)) found.push({ file, time, compressed });
  }
  return found.toSorted((a, b) => a.time - b.time);
}

/** What stands around the time. */
function around(path: string): [begin: string, end: string] {
  const end = extname(path);
  return [`${basename(path, end)}-`, end];
}
