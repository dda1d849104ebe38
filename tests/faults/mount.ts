/** Small file systems in memory, where mounting is permitted. */

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Needed, needs } from "../harness/needs.ts";

function run(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, [...args], { stdio: "ignore" }).status === 0;
}

export class Mount implements Disposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "comqtt-mount-"));
  readonly mounted: boolean;

  /** Of so many bytes. */
  constructor(size: number) {
    this.mounted = run("mount", "-t", "tmpfs", "-o", `size=${size}`, "tmpfs", this.folder);
  }

  /** Nothing can be written from here on. */
  seal(): void {
    if (!run("mount", "-o", "remount,ro", this.folder)) throw new Error(`Cannot remount "${this.folder}"`);
  }

  [Symbol.dispose](): void {
    // (Whoever still has a file open there does not keep it.)
    if (this.mounted) run("umount", "--lazy", this.folder);
    rmdirSync(this.folder);
  }
}

function permitted(): boolean {
  using mount = new Mount(1 << 16);
  return mount.mounted;
}

/** For the options of a test. */
export const needsMount: Needed = needs("mount", permitted());
