/** Signals of the operating system. */

import process from "node:process";

/** No SIGUSR1: on Deno it opens the debugger's port even when there is a handler. */
export type Signal = "SIGHUP" | "SIGINT" | "SIGTERM" | "SIGUSR2";

/** Calls `run` for each of the signals until the function returned is called. */
export function onSignals(signals: readonly Signal[], run: (signal: Signal) => void): () => void {
  const handlers = signals.map((signal) => ({ signal, handler: (): void => run(signal) }));
  for (const { signal, handler } of handlers) process.on(signal, handler);
  return () => {
    for (const { signal, handler } of handlers) process.off(signal, handler);
  };
}
