/** The end of the process. */

import { process } from "../builtin.ts";
import { onDeno } from "../platform.ts";

/** Calls `run` when the process ends by itself or with `exit`; what it begins is not waited for. */
export function onExit(run: () => void): void {
  if (onDeno) addEventListener("unload", run, { once: true });
  else process().once("exit", run);
}
