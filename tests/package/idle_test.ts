/** What the program loads before anybody connects: memory that every user pays, and that comes back unnoticed. */

import assert from "node:assert/strict";
import { relative } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { deno, root, run } from "./tools.ts";

interface Module {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly isDynamic?: boolean;
    readonly code?: { readonly specifier: string };
  }[];
}

/** What runs with `--tcp ADDR --ws off --http off`, on Deno and on Bun: these, and what they import. */
const STARTED = [
  "main.ts",
  "src/cli/run.ts",
  "src/cli/parts.ts",
  "src/runtime/tcp/tcp_deno.ts",
  "src/runtime/tcp/tcp_bun.ts",
];

/** Rooms that are for those who ask for them. (Who is slowed down is looked at from the first CONNECT on.) */
const LATER =
  /^(?:hooks\/(?!auth\/(?:allow_all\.ts|store\/access_file\.ts|(?:abuse|bans)(?:\.ts|\/)(?!table)))|dashboard\/|src\/(?:api|broker\/explain|cli\/commands|client)\/|src\/runtime\/(?:tls|http)\/)/;

/** Files, and other modules by name: what is loaded without an `import()`. */
async function loaded(): Promise<Set<string>> {
  const { output } = await run(deno.command, ["info", "--json", "main.ts"], root);
  const { modules } = JSON.parse(output) as { modules: readonly Module[] };
  const nameOf = (specifier: string): string =>
    specifier.startsWith("file:") ? relative(root, fileURLToPath(specifier)) : specifier;
  const byName = new Map(modules.map((module) => [nameOf(module.specifier), module]));
  const found = new Set<string>();
  const waiting = [...STARTED];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    for (const { isDynamic, code } of byName.get(name)?.dependencies ?? []) {
      if (code !== undefined && isDynamic !== true) waiting.push(nameOf(code.specifier));
    }
  }
  return found;
}

test(
  "package: the program starts without modules of Node, and without what nobody has asked for",
  deno.needed,
  async () => {
    const names = [...await loaded()];
    assert.ok(names.length > 150, String(names.length));
    assert.deepEqual(names.filter((name) => !name.endsWith(".ts")), []);
    assert.deepEqual(names.filter((name) => LATER.test(name)), []);
  },
);
