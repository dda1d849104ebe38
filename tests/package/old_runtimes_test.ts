/** Runtimes that are too old for the program end with one line, whatever they cannot load of it. */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { test } from "node:test";
import { temporaryFolder } from "../harness/folder.ts";
import { needs } from "../harness/needs.ts";
import { root, run } from "./tools.ts";

/** Where `npm install deno@2.5 bun@1.2` was done. */
const folder = process.env.COMQTT_TEST_OLD_RUNTIMES ?? "";

for (const [name, version, args] of [["deno", "2.5", ["run", "-A"]], ["bun", "1.2", []]] as const) {
  const command = join(folder, "node_modules/.bin", name);
  const needed = needs(
    `${name} ${version} in COMQTT_TEST_OLD_RUNTIMES`,
    folder !== "" && existsSync(command),
  );
  for (const more of [[], ["--version"]]) {
    test(
      `old runtime: ${name} ${version} says what is needed: ${more.join() || "start"}`,
      needed,
      async () => {
        const variables = { DENO_DIR: temporaryFolder(), NPM_CONFIG_REGISTRY: "http://127.0.0.1:1/" };
        const ran = await run(command, [...args, "main.ts", ...more], root, variables);
        assert.deepEqual({ code: ran.code, output: ran.output }, { code: 1, output: "" });
        assert.match(
          ran.errors,
          /^comqtt: Cannot run on (Deno 2\.5|Bun 1\.2)\.\d+, expected .+ or newer: .+\n$/,
        );
      },
    );
  }
}
