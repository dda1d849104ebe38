/**
 * One connection to Redis after the other. Each question is sent once and answered within its time, or it fails; nothing waits
 * in a queue for a connection to come back.
 */

import type { StorageHost } from "../../../src/storage/storage.ts";
import type { Buffer } from "node:buffer";
import { clearTimeout, setTimeout } from "../../../src/runtime/timers.ts";
import type { Redis } from "ioredis";
import { textOf } from "../../../src/core/error_text.ts";
import type { Argument } from "./commands.ts";
import { fault, faultOf } from "./faults.ts";
import type { RedisSettings } from "./options.ts";
import type { Script } from "./scripts.ts";

/** Milliseconds between two tries to connect: at first, and at most. */
const SOON = 50;
const LATE = 2000;

type RedisClass = typeof Redis;

export class Connection {
  readonly #settings: RedisSettings;
  readonly #log: StorageHost["log"];
  /** Called when it is there again after it was gone. */
  readonly #back: () => void;
  #class: RedisClass | null = null;
  #client: Redis | null = null;
  /** Ends the try to connect that is under way. */
  #abort: ((error: Error) => void) | null = null;
  #connecting: Promise<Redis> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #pause = SOON;
  #gone = false;
  #closed = false;

  constructor(settings: RedisSettings, log: StorageHost["log"], back: () => void) {
    this.#settings = settings;
    this.#log = log;
    this.#back = back;
  }

  /** For the first time. Throws a StorageError. */
  async open(): Promise<void> {
    const { place, timeout } = this.#settings;
    try {
      // Only here: a program without Redis does not load it.
      this.#class = (await import("ioredis")).Redis;
    } catch (error) {
      const why = oneLine(textOf(error));
      const advice = /^Requires /.test(why)
        ? "permit it: ioredis looks at variables of the environment"
        : 'install it with "deno add npm:ioredis@^6" or "npm install ioredis@^6"';
      throw fault({
        kind: "unusable",
        doing: "open the storage in",
        place,
        why: `the package "ioredis" cannot be loaded: ${why}`,
        advice,
      });
    }
    try {
      await within(this.#connected(), timeout);
    } catch (error) {
      this.close();
      throw faultOf(error, { doing: "open the storage in", place });
    }
  }

  /**
   * The answer, with texts as bytes. Throws a StorageError that begins with "Cannot" and `doing`; then nobody knows
   * whether it was done.
   */
  async ask(
    doing: string,
    args: readonly Argument[],
    timeout: number = this.#settings.timeout,
  ): Promise<unknown> {
    const [name, ...rest] = args;
    return await this.#ask(
      doing,
      timeout,
      (client) => client.callBuffer(String(name), rest as (string | Buffer)[]),
    );
  }

  /** The same with a script. */
  async run(
    doing: string,
    script: Script,
    args: readonly Argument[],
    timeout: number = this.#settings.timeout,
  ): Promise<unknown> {
    const all = ["1", this.#settings.prefix, ...args] as (string | Buffer)[];
    return await this.#ask(doing, timeout, async (client) => {
      try {
        return await client.callBuffer("EVALSHA", [script.sha, ...all]);
      } catch (error) {
        // It has not been run. This way Redis gets to know it.
        if (!/^NOSCRIPT /.test(textOf(error))) throw error;
        return await client.callBuffer("EVAL", [script.text, ...all]);
      }
    });
  }

  /** Ends it; what is still asked fails. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#abort?.(new Error("the storage is closed"));
    if (this.#client !== null) end(this.#client);
    this.#client = null;
  }

  async #ask(doing: string, timeout: number, run: (client: Redis) => Promise<unknown>): Promise<unknown> {
    let client: Redis | null = null;
    try {
      return await within(
        this.#connected().then((connected) => {
          client = connected;
          return run(connected);
        }),
        timeout,
      );
    } catch (error) {
      // (With its answer the question is over. Without, whatever comes over this connection comes too late.)
      if (!isAnswer(error) && client !== null) this.#lost(client, error);
      throw faultOf(reasonOf(client, error), { doing, place: this.#settings.place });
    }
  }

  #connected(): Promise<Redis> {
    if (this.#client !== null) return Promise.resolve(this.#client);
    if (this.#closed) return Promise.reject(new Error("the storage is closed"));
    return this.#connecting ??= this.#connect().finally(() => this.#connecting = null);
  }

  async #connect(): Promise<Redis> {
    const { host, port, path, tls, timeout } = this.#settings;
    const client = new this.#class!({
      ...(host === null ? { path } : { host, port }),
      ...(tls === null ? {} : { tls: { ...tlsName(host, tls.serverName), ...certificates(tls) } }),
      // All that it would do by itself is done here, where it can be seen to fail.
      lazyConnect: true,
      retryStrategy: null,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      enableReadyCheck: false,
      disableClientInfo: true,
      protocol: 2,
      connectTimeout: timeout,
    });
    client.on("error", (error: Error) => void reasons.set(client, error));
    const aborted = new Promise<never>((_, reject) => this.#abort = reject);
    try {
      await within(Promise.race([aborted, client.connect().then(() => this.#greet(client))]), timeout);
    } catch (error) {
      end(client);
      throw reasonOf(client, error);
    } finally {
      this.#abort = null;
    }
    if (this.#closed) {
      end(client);
      throw new Error("the storage is closed");
    }
    this.#client = client;
    client.once("close", () => this.#lost(client, new Error("the connection was closed")));
    this.#pause = SOON;
    if (this.#gone) {
      this.#gone = false;
      this.#log("warn", `Redis at "${this.#settings.place}" is there again`);
      this.#back();
    }
    return client;
  }

  async #greet(client: Redis): Promise<void> {
    const { username, password, database } = this.#settings;
    if (password !== "") await client.call("AUTH", username === "" ? [password] : [username, password]);
    if (database !== 0) await client.call("SELECT", [database]);
  }

  #lost(client: Redis, error: unknown): void {
    if (this.#client !== client) return;
    this.#client = null;
    // (Others who wait for an answer are told the same.)
    if (error instanceof Error && !reasons.has(client)) reasons.set(client, error);
    if (!this.#closed && !this.#gone) {
      this.#gone = true;
      const why = textOf(reasonOf(client, error));
      this.#log(
        "error",
        `The connection to Redis at "${this.#settings.place}" is lost: ${why}`,
        "storage-unreachable",
      );
    }
    end(client);
    this.#soon();
  }

  #soon(): void {
    clearTimeout(this.#timer);
    if (this.#closed) return;
    this.#timer = setTimeout(() => this.#connected().catch(() => this.#soon()), this.#pause);
    this.#pause = Math.min(2 * this.#pause, LATE);
  }
}

/** What was wrong with a connection, when ioredis itself says only that it is closed. */
const reasons: WeakMap<Redis, Error> = new WeakMap();

function reasonOf(client: Redis | null, error: unknown): unknown {
  return (client !== null && /^Connection is closed/.test(textOf(error)) ? reasons.get(client) : undefined) ??
    error;
}

/** Redis has answered that it will not do it. */
function isAnswer(error: unknown): boolean {
  return error instanceof Error && error.name === "ReplyError";
}

function end(client: Redis): void {
  client.disconnect();
  // (It would wait for the other side to agree.)
  client.stream?.destroy();
}

function tlsName(host: string | null, serverName = host): { servername?: string } {
  return serverName === null || /^[\d.]+$|:/.test(serverName) ? {} : { servername: serverName };
}

function certificates({ ca, cert, key }: { ca?: string; cert?: string; key?: string }): object {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

async function within<T>(promise: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`it did not answer within ${milliseconds} ms`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** (Where a package cannot be fetched, Deno says so in several, the last of them where it was imported.) */
function oneLine(message: string): string {
  const lines = message.split("\n").map((line) => line.trim().replace(/^\d+: /, ""));
  return lines.filter((line) => line !== "" && !line.startsWith("at ")).join(": ");
}
