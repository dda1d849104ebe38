/** A Redis of a test's own: started on a free port in a directory of its own, stopped, killed, held, emptied. */

import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { setTimeout } from "node:timers";
import { type Needed, needs } from "../harness/needs.ts";

const START_MS = 20_000;

const there = spawnSync("redis-server", ["--version"]).error === undefined;
const address = process.env.COMQTT_TEST_REDIS ?? "";

/** For tests that stop it, kill it, or change its settings. */
export const needsRedisServer: Needed = needs("redis-server", there);
/** For tests that use it. */
export const needsRedis: Needed = address === "" ? needsRedisServer : {};

/** A Redis that can be used. */
export interface UsableRedis extends AsyncDisposable {
  readonly url: string;
}

/** The one that `COMQTT_TEST_REDIS` names, which others use as well; or one of its own. Null: there is none. */
export async function usableRedis(): Promise<UsableRedis | null> {
  if (address !== "") return { url: address, [Symbol.asyncDispose]: () => Promise.resolve() };
  return there ? await RedisServer.start() : null;
}

export interface RedisOptions {
  /** Default: nothing is written to files. */
  readonly appendonly?: "always" | "everysec" | "no";
  readonly password?: string;
  /** Lines of its configuration, as arguments: `["--maxmemory", "8mb"]`. */
  readonly more?: readonly string[];
  /** Files of its certificate and key: it takes TLS as well, on a port of its own. */
  readonly tls?: { readonly cert: string; readonly key: string };
}

export class RedisServer implements UsableRedis {
  readonly #options: RedisOptions;
  readonly directory: string = mkdtempSync(join(tmpdir(), "comqtt-redis-"));
  port = 0;
  tlsPort = 0;
  #child: ChildProcess | null = null;
  #ended: Promise<void> = Promise.resolve();

  private constructor(options: RedisOptions) {
    this.#options = options;
  }

  static async start(options: RedisOptions = {}): Promise<RedisServer> {
    const server = new RedisServer(options);
    server.port = await freePort();
    if (options.tls !== undefined) server.tlsPort = await freePort();
    try {
      await server.start();
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  get url(): string {
    const { password } = this.#options;
    return `redis://${password === undefined ? "" : `:${password}@`}127.0.0.1:${this.port}`;
  }

  /** A Unix socket of it. */
  get path(): string {
    return join(this.directory, "redis.sock");
  }

  /** After it has ended: with the files it left, on the same port. */
  async start(): Promise<void> {
    const { appendonly, password, tls, more = [] } = this.#options;
    const args = [
      ...["--port", String(this.port), "--bind", "127.0.0.1", "--dir", this.directory, "--save", ""],
      ...["--unixsocket", this.path, "--daemonize", "no", "--logfile", join(this.directory, "log")],
      ...(appendonly === undefined ? [] : ["--appendonly", "yes", "--appendfsync", appendonly]),
      ...(password === undefined ? [] : ["--requirepass", password]),
      ...(tls === undefined
        ? []
        : ["--tls-port", String(this.tlsPort), "--tls-cert-file", tls.cert, "--tls-key-file", tls.key]),
      ...(tls === undefined ? [] : ["--tls-auth-clients", "no"]),
      ...more,
    ];
    const child = this.#child = spawn("redis-server", args, { stdio: "ignore" });
    let ended = false;
    this.#ended = new Promise((resolve) =>
      void child.once("exit", () => {
        ended = true;
        resolve();
      })
    );
    const deadline = Date.now() + START_MS;
    while (!await answers(this.port, password)) {
      if (ended || Date.now() > deadline) throw new Error(`Redis does not start: ${this.#said()}`);
      await new Promise<void>((resolve) => void setTimeout(resolve, 10));
    }
  }

  /** `kill -9`. */
  async kill(): Promise<void> {
    if (this.#child !== null) this.#signal("SIGKILL");
    this.#child = null;
    await this.#ended;
  }

  /** It ends properly. */
  async stop(): Promise<void> {
    if (this.#child !== null) this.#signal("SIGTERM");
    this.#child = null;
    await this.#ended;
  }

  /** It hangs from here on, until `go`. */
  hang(): void {
    this.#signal("SIGSTOP");
  }

  go(): void {
    this.#signal("SIGCONT");
  }

  /** AllCandidates who is connected. */
  async cutOff(): Promise<void> {
    await new Promise<void>((resolve) => {
      const socket = connect(this.port, "127.0.0.1");
      socket.once("connect", () => socket.write("CLIENT KILL TYPE normal SKIPME yes\r\n"));
      socket.once("data", () => socket.destroy());
      socket.once("error", () => {});
      socket.once("close", () => resolve());
    });
  }

  /** What it has in its files goes away; it does not run then. */
  empty(): void {
    for (const name of ["appendonlydir", "dump.rdb"]) {
      rmSync(join(this.directory, name), { recursive: true, force: true });
    }
  }

  /** Its append-only files as they are now; the answer puts them back, while it does not run. */
  keep(): () => void {
    const copy = join(this.directory, "kept");
    rmSync(copy, { recursive: true, force: true });
    cpSync(join(this.directory, "appendonlydir"), copy, { recursive: true });
    return () => {
      this.empty();
      cpSync(copy, join(this.directory, "appendonlydir"), { recursive: true });
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #signal(signal: NodeJS.Signals): void {
    process.kill(this.#child!.pid!, signal);
  }

  #said(): string {
    const log = join(this.directory, "log");
    return existsSync(log) ? readFileSync(log, "utf8").slice(-500) : "no log";
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** It runs and has read its files. */
function answers(port: number, password: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    let said = "";
    socket.setTimeout(1000, () => socket.destroy());
    socket.once(
      "connect",
      () => socket.write(`${password === undefined ? "" : `AUTH ${password}\r\n`}PING\r\n`),
    );
    socket.on("data", (bytes: Uint8Array) => {
      said += new TextDecoder().decode(bytes);
      if (said.includes("PONG") || said.startsWith("-")) socket.destroy();
    });
    socket.once("error", () => {});
    socket.once("close", () => resolve(said.includes("PONG")));
  });
}
