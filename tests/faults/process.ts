/** Starts `broker.ts`, and kills it. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { clearTimeout, setTimeout } from "node:timers";
import { fileURLToPath } from "node:url";
import { runtimeName } from "../../src/runtime/process.ts";
import type { TestClient } from "../harness/client.ts";
import { socketClient } from "../harness/socket_client.ts";

/** How long it may take to start. */
const START_MS = 30_000;
const program = fileURLToPath(new URL("./broker.ts", import.meta.url));

/** One folder, and one process after the other on it. */
export class Broker implements AsyncDisposable {
  readonly folder: string = mkdtempSync(join(tmpdir(), "comqtt-faults-"));
  readonly #sync: string;
  #child: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();
  port = 0;

  constructor(sync: string = "normal") {
    this.#sync = sync;
  }

  /** Starts it on what is in the folder. */
  async start(): Promise<void> {
    const run = runtimeName === "deno" ? ["run", "-A", "--no-check", "--quiet", program] : [program];
    const child = this.#child = spawn(process.execPath, [...run, this.folder, this.#sync], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#ended = new Promise((resolve) => void child.once("close", () => resolve()));
    let said = "";
    child.stderr!.on("data", (bytes: Uint8Array) => said += new TextDecoder().decode(bytes));
    this.port = await new Promise<number>((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`it does not start: ${said}`)), START_MS);
      child.once("close", () => reject(new Error(`it ended: ${said}`)));
      let out = "";
      child.stdout!.on("data", (bytes: Uint8Array) => {
        out += new TextDecoder().decode(bytes);
        const port = /^port (\d+)$/m.exec(out)?.[1];
        if (port === undefined) return;
        clearTimeout(late);
        resolve(Number(port));
      });
    });
  }

  /** `kill -9`, at once. */
  async kill(): Promise<void> {
    if (this.#child !== null) process.kill(this.#child.pid!, "SIGKILL");
    this.#child = null;
    await this.#ended;
  }

  /** A client whose session is kept. */
  async client(version: 4 | 5, clientId: string): Promise<TestClient> {
    const client = await socketClient(this.port, version);
    await client.connect({
      clientId,
      cleanStart: false,
      ...(version === 5 ? { properties: { sessionExpiryInterval: 0xffffffff } } : {}),
    });
    return client;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
