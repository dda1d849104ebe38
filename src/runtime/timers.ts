/**
 * The timers of the runtime, which are Node's on all three of them. Taken from where they stand already: on Bun importing
 * `node:timers` costs a megabyte.
 */

type Timers = Pick<
  typeof import("node:timers"),
  "clearInterval" | "clearTimeout" | "setImmediate" | "setInterval" | "setTimeout"
>;

const timers = globalThis as unknown as Timers;

export const clearInterval: Timers["clearInterval"] = timers.clearInterval;
export const clearTimeout: Timers["clearTimeout"] = timers.clearTimeout;
export const setImmediate: Timers["setImmediate"] = timers.setImmediate;
export const setInterval: Timers["setInterval"] = timers.setInterval;
export const setTimeout: Timers["setTimeout"] = timers.setTimeout;
