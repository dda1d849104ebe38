/** Signals of the operating system. */

import { process } from "./builtin.ts";
import { onDeno } from "./platform.ts";

export type Signal = "SIGHUP" | "SIGINT" | "SIGTERM" | "SIGUSR1" | "SIGUSR2";

/** Those that end a process that does not care for them. SIGUSR1 is Deno's own: it opens the debugger's port. */
export const userSignals: readonly Signal[] = onDeno ? ["SIGUSR2"] : ["SIGUSR1", "SIGUSR2"];

/** Calls `run` for each of the signals until the function returned is called. */
export function onSignals(signals: readonly Signal[], run: (signal: Signal) => void): () => void {
  const handlers = signals.map((signal) => ({ signal, handler: (): void => run(signal) }));
  for (const { signal, handler } of handlers) {
    if (onDeno) Deno.addSignalListener(signal, handler);
    else process().on(signal, handler);
  }
  return () => {
    for (const { signal, handler } of handlers) {
      if (onDeno) Deno.removeSignalListener(signal, handler);
      else process().off(signal, handler);
    }
  };
}
