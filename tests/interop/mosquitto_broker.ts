/** mosquitto itself, as a broker of a test's own. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers";
import { temporaryFolder } from "../harness/folder.ts";
import { openSocket } from "../harness/socket_client.ts";

const START_MS = 20_000;
/** Debian puts it where only root looks. */
const PLACES = ["mosquitto", "/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"];

const program = PLACES.find((file) =>
  (file === "mosquitto" || existsSync(file)) && spawnSync(file, ["-h"]).error === undefined
);

if (program === undefined && process.env.CI === "true") throw new Error("mosquitto is missing");

/** For tests that need it; where it has to be there, its absence has failed already. */
export const needed: { skip: string } | Record<string, never> = program === undefined
  ? { skip: "skipped: needs mosquitto" }
  : {};

/** (It has no way to ask for any.) */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as net.AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

export class MosquittoBroker implements AsyncDisposable {
  readonly port: number;
  /** What it said. */
  output = "";
  readonly #child: ChildProcess;
  readonly #ended: Promise<void>;

  private constructor(port: number, text: string) {
    this.port = port;
    const folder = temporaryFolder();
    const file = join(folder, "mosquitto.conf");
    writeFileSync(file, text);
    this.#child = spawn(program!, ["-v", "-c", file], { stdio: ["ignore", "pipe", "pipe"], cwd: folder });
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.on("data", (bytes: Uint8Array) => this.output += new TextDecoder().decode(bytes));
    }
    this.#ended = new Promise((resolve) => this.#child.once("close", () => resolve()));
  }

  /** Listens on a free port of this machine; `lines`: what else is in its configuration. */
  static async start(lines: readonly string[] = []): Promise<MosquittoBroker> {
    const port = await freePort();
    const given = [`listener ${port} 127.0.0.1`, "allow_anonymous true", "persistence false", ...lines, ""];
    return await MosquittoBroker.startWith(port, given.join("\n"));
  }

  /** With this configuration, which has a listener on that port of this machine. */
  static async startWith(port: number, text: string): Promise<MosquittoBroker> {
    const broker = new MosquittoBroker(port, text);
    const end = Date.now() + START_MS;
    for (;;) {
      try {
        (await openSocket(broker.port)).destroy();
        return broker;
      } catch {
        if (Date.now() > end) {
          await broker.kill();
          throw new Error(`mosquitto did not start; it said: ${broker.output}`);
        }
        await new Promise((done) => setTimeout(done, 20));
      }
    }
  }

  /** Without a word to anybody. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }
}
