/** The program fetches what it runs on, and nothing else: in the sources as somebody has just got them. */

import assert from "node:assert/strict";
import { cpSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { temporaryFolder } from "../harness/folder.ts";
import type { Ran } from "../harness/run.ts";
import { denoManifest } from "./manifests.ts";
import { askedWhile } from "./registry.ts";
import { bun, deno, root, run } from "./tools.ts";

const noListener = ["--tcp", "off", "--ws", "off", "--http", "off"];
/** Ends at once: there is no database. */
const inspect = ["inspect", "nothing.db"];

let clone: string;
before(() => {
  clone = temporaryFolder();
  const names = [...denoManifest.publish.include, "package.json", "deno.lock", "bun.lock"];
  for (const name of names) cpSync(join(root, name), join(clone, name), { recursive: true });
});

function onDeno(args: readonly string[]): ReturnType<typeof askedWhile> {
  const program = ["run", "-A", "--quiet", "main.ts", ...args];
  return askedWhile((variables) => run(deno.command, program, clone, variables), temporaryFolder());
}

function onBun(args: readonly string[]): ReturnType<typeof askedWhile> {
  return askedWhile(
    (variables) => run(bun.command, ["main.ts", ...args], clone, variables),
    temporaryFolder(),
  );
}

function lines({ output, errors }: Ran): string[] {
  return `${output}${errors}`.trimEnd().split("\n");
}

for (const [name, needed, program] of [["Deno", deno.needed, onDeno], ["Bun", bun.needed, onBun]] as const) {
  for (const option of ["--help", "--version"]) {
    test(`package: ${option} needs no package, ${name}`, needed, async () => {
      const { asked, ran } = await program([option]);
      assert.equal(ran.code, 0, ran.errors);
      assert.match(ran.output, /^comqtt \d/);
      assert.deepEqual(asked, []);
    });
  }

  test(`package: a command and a mistake need no package, ${name}`, needed, async () => {
    for (
      const [args, line] of [[inspect, /nothing\.db/], [["--tpc", "x"], /did you mean "--tcp"/]] as const
    ) {
      const { asked, ran } = await program(args);
      assert.equal(ran.code, 1);
      assert.match(ran.errors, line);
      assert.deepEqual(asked, []);
    }
  });

  test(`package: the first start needs hono alone, ${name}`, needed, async () => {
    const { asked, ran } = await program([...noListener, "--http", "127.0.0.1:0"]);
    assert.deepEqual(asked, ["hono"]);
    assert.equal(ran.code, 1);
    assert.equal(lines(ran).length, 1, ran.errors);
    assert.match(ran.errors, /^comqtt: Cannot (fetch|find) the package "hono/);
  });

  test(`package: a configuration file of plain YAML needs nothing, ${name}`, needed, async () => {
    const { asked, ran } = await program([...inspect, "--conf", "config/comqtt.yml"]);
    assert.deepEqual(asked, []);
    assert.doesNotMatch(ran.errors, /package/);
  });

  test(`package: one that is more, or of comqtt 2, needs yaml alone, ${name}`, needed, async () => {
    const { asked, ran } = await program([
      ...inspect,
      "--conf",
      join(root, "tests/fixtures/comqtt/single.yml"),
    ]);
    assert.deepEqual(asked, ["yaml"]);
    assert.match(ran.errors, /^comqtt: Cannot (fetch|find) the package "yaml/);
  });

  test(`package: Redis needs ioredis and what that needs, ${name}`, needed, async () => {
    const { asked, ran } = await program([...noListener, "--storage-url", "redis://127.0.0.1:1"]);
    assert.ok(asked.includes("ioredis"), String(asked));
    const others = closure("ioredis");
    assert.deepEqual(asked.filter((one) => !others.has(one)), []);
    assert.equal(lines(ran).length, 1, ran.errors);
    assert.match(
      ran.errors,
      /^comqtt: Cannot open the storage in Redis .* the package "ioredis" cannot be loaded/,
    );
  });
}

test("package: what the program fetches leaves the lock file as it is", deno.needed, async () => {
  const lock = readFileSync(join(clone, "deno.lock"), "utf8");
  await onDeno(["--version"]);
  await onDeno([...noListener, "--http", "127.0.0.1:0"]);
  assert.equal(readFileSync(join(clone, "deno.lock"), "utf8"), lock);
});

test(
  "package: without the right to read its parts the program says so in one line",
  deno.needed,
  async () => {
    const file = join(clone, "quiet.yml");
    writeFileSync(file, "log: { level: warn }\n");
    const args = ["run", "--no-prompt", "--allow-net", `--allow-read=${file}`, "main.ts", "--conf", file];
    const ran = await run(deno.command, args, clone);
    assert.equal(ran.code, 1);
    assert.match(
      ran.errors,
      /^comqtt: Cannot read a part of the program: on Deno it needs -A, or --allow-read=\S+ /,
    );
  },
);

/** A package and everything it needs, by the lock file. */
function closure(name: string): Set<string> {
  const { npm } = JSON.parse(readFileSync(join(root, "deno.lock"), "utf8")) as {
    npm: Record<string, { dependencies?: string[] }>;
  };
  const names = new Set<string>();
  const add = (one: string): void => {
    if (names.has(one)) return;
    names.add(one);
    const [, entry] = Object.entries(npm).find(([key]) => nameOf(key) === one) ?? [];
    for (const dependency of entry?.dependencies ?? []) add(nameOf(dependency));
  };
  add(name);
  return names;
}

function nameOf(specifier: string): string {
  return specifier.replace(/(.)@.*$/, "$1");
}
