/**
 * Modules of Node that few need, loaded when they are used for the first time. Importing them costs memory whether they
 * are used or not: `node:fs` alone 8 MB on Deno and 3 on Bun, `node:net`, `node:tls` and `node:http` together 5 more.
 */

interface Builtins {
  readonly buffer: typeof import("node:buffer");
  readonly crypto: typeof import("node:crypto");
  readonly fs: typeof import("node:fs");
  readonly net: typeof import("node:net");
  readonly os: typeof import("node:os");
  readonly path: typeof import("node:path");
  readonly tty: typeof import("node:tty");
}

/** At once, where an `import()` would have to be waited for. All three runtimes have it. */
export function builtin<Name extends keyof Builtins>(name: Name): Builtins[Name] {
  // (On Deno this name is where its emulation of Node's process is loaded.)
  return process().getBuiltinModule(`node:${name}`) as Builtins[Name];
}

interface Process {
  getBuiltinModule(name: string): unknown;
}

/** Node's object for this process; on Deno it costs 4 MB from the first use on. */
export function process(): typeof import("node:process") & Process {
  return (globalThis as unknown as { process: typeof import("node:process") & Process }).process;
}
