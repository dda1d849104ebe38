/** Threads for bcrypt in JavaScript, where the runtime brings none: as many as passwords are checked at a time. */

import type { Worker } from "node:worker_threads";
import { mayReadModule } from "../../../src/runtime/permission.ts";
import type { BcryptTask } from "./bcrypt_digest.ts";

interface Thread {
  readonly worker: Worker;
  /** Null: it has failed. */
  settle: ((digest: Uint8Array | null) => void) | null;
}

/** They wait for the next task; who has one is not among them. */
const free: Thread[] = [];
/** There was one that failed: there is no permission for it, or the program was packed without its file. */
let impossible = false;
let first: Promise<void> | null = null;

/**
 * Makes the first thread, once: that holds up the event loop for up to 0.1 s, which nobody should notice who connects. So it is
 * called when a hash is read.
 */
export function prepareThread(): void {
  first ??= start().then((thread) => {
    if (thread !== null) free.push(thread);
  });
}

/** Null: there can be no threads here. */
export async function digestInThread(task: BcryptTask): Promise<Uint8Array | null> {
  prepareThread();
  await first;
  if (impossible) return null;
  const thread = free.pop() ?? await start();
  return thread === null ? null : await ask(thread, task);
}

async function start(): Promise<Thread | null> {
  // (In a package it has been made JavaScript, like this file.)
  const url = new URL(`./bcrypt_worker${import.meta.url.endsWith(".js") ? ".js" : ".ts"}`, import.meta.url);
  try {
    impossible ||= !mayReadModule(url);
    if (impossible) return null;
    const { Worker } = await import("node:worker_threads");
    return threadOf(new Worker(url));
  } catch {
    impossible = true;
    return null;
  }
}

function threadOf(worker: Worker): Thread {
  const thread: Thread = { worker, settle: null };
  const fail = (): void => {
    impossible = true;
    thread.settle?.(null);
  };
  worker.on("message", (digest: Uint8Array) => {
    const { settle } = thread;
    thread.settle = null;
    worker.unref();
    free.push(thread);
    settle?.(digest);
  });
  worker.on("error", fail);
  worker.on("exit", fail);
  // While it has nothing to do it is not what keeps the process.
  worker.unref();
  return thread;
}

function ask(thread: Thread, task: BcryptTask): Promise<Uint8Array | null> {
  thread.worker.ref();
  return new Promise((resolve) => {
    thread.settle = resolve;
    thread.worker.postMessage(task);
  });
}
