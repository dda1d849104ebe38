/** `deno task test` as somebody calls it. */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../harness/folder.ts";
import { deno, root, run } from "../package/tools.ts";
import { Summary } from "./summary.ts";

const runner = join(root, "tests/runner/run.ts");
const needs = JSON.stringify(join(root, "tests/harness/needs.ts"));

/** Tests with these texts by file; the result of a run. */
async function running(files: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<
  { code: number | null; lines: string[]; errors: string }
> {
  const folder = temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `import { test } from "node:test";\n${text}`);
  }
  const { code, output, errors } = await run(deno.command, ["run", "-A", runner, ...args], folder);
  return { code, lines: output.trimEnd().replace(/\(\d+(?:m?s| s|s\d*m?s)\)/g, "(T)").split("\n"), errors };
}

const fine = {
  "tests/a/one_test.ts": 'test("a: one", () => {}); test("a: two", (t) => t.test("inner", () => {}));',
  "tests/a/deep/two_test.ts": 'test("a: deep", () => {});',
  "tests/b/three_test.ts": 'test("b: one", () => {});',
};

test("runner: what passes is a line for each folder, and the counts", deno.needed, async () => {
  const { code, lines, errors } = await running(fine, "--no-check");
  assert.deepEqual({ code, errors }, { code: 0, errors: "" });
  assert.deepEqual(lines, [
    "tests/a                     3 passed (T)",
    "tests/b                     1 passed (T)",
    "ok | 4 passed (1 step) | 0 failed (T)",
  ]);
});

test("runner: files, folders and options of deno test are those of the caller", deno.needed, async () => {
  for (
    const [args, counts] of [
      [["tests/b"], "ok | 1 passed | 0 failed (T)"],
      [["tests/a/one_test.ts", "tests/b"], "ok | 3 passed (1 step) | 0 failed (T)"],
      [["--filter", "one"], "ok | 2 passed | 0 failed | 2 filtered out (T)"],
    ] as const
  ) {
    const { code, lines } = await running(fine, "--no-check", ...args);
    assert.deepEqual({ code, last: lines.at(-1) }, { code: 0, last: counts });
  }
});

test("runner: what fails is described in full, before the counts", deno.needed, async () => {
  const { code, lines } = await running({
    ...fine,
    "tests/a/bad_test.ts": 'test("a: bad", () => { throw new Error("first line\\nsecond line"); });',
  }, "--no-check");
  assert.equal(code, 1);
  assert.equal(lines[0], "tests/a                     3 passed, 1 FAILED (T)");
  for (const line of ["error: Error: first line", "second line", " FAILURES "]) {
    assert.ok(lines.includes(line), lines.join("\n"));
  }
  assert.ok(lines.some((line) => line.startsWith("a: bad => ./tests/a/bad_test.ts:2:")));
  assert.equal(lines.at(-1), "FAILED | 4 passed (1 step) | 1 failed (T)");
});

test("runner: a test that is skipped says what it needs", deno.needed, async () => {
  const { code, lines } = await running({
    "tests/a/one_test.ts": `import { needs } from ${needs};
      const needed = needs("a service", false);
      test("a: one", needed, () => {});
      test("a: two", needed, () => {});
      test("a: three", needs("what is here", true), () => {});`,
  }, "--no-check");
  assert.equal(code, 0);
  assert.deepEqual(lines, [
    "tests/a                     1 passed, 2 skipped (T)",
    "skipped: needs a service",
    "ok | 1 passed | 0 failed | 2 ignored (T)",
  ]);
});

test("runner: a test that is skipped without a word is named", deno.needed, async () => {
  const { lines } = await running({ "tests/a/one_test.ts": 'test("a: one", { skip: true }, () => {});' });
  assert.equal(lines[1], "skipped: a: one");
});

test("runner: files that cannot be run at all are a failure with the reason", deno.needed, async () => {
  for (
    const [text, reason] of [
      ['const wrong: number = "text"; console.log(wrong);', /TS2322/],
      ['import "./nothing.ts";', /nothing\.ts/],
      ['throw new Error("in the module");', /in the module/],
      ['test("a: gone", () => Deno.exit(3));', /exit/i],
      ['test("a: killed", () => Deno.kill(Deno.pid, "SIGKILL"));', /a: killed/],
    ] as const
  ) {
    const { code, lines, errors } = await running(
      { "tests/a/one_test.ts": text },
      ...reason.source === "TS2322" ? [] : ["--no-check"],
    );
    assert.ok(code !== 0 && code !== null, text);
    assert.match(`${lines.join("\n")}${errors}`, reason);
  }
});

test("runner: the time of a folder is that between its first test and the next folder", () => {
  let now = 0;
  const said: string[] = [];
  const summary = new Summary((line) => said.push(line), () => now);
  summary.line("running 1 test from ./tests/a/x_test.ts");
  now = 2600;
  summary.line("a: one ... ok (2s)");
  summary.line("running 1 test from ./tests/b/x_test.ts");
  summary.line("b: with ... dots ... ok (1ms)");
  summary.line("  a step ... FAILED (1ms)");
  summary.end();
  assert.deepEqual(said, [
    "tests/a                     1 passed (3 s)",
    "tests/b                     1 passed (0 s)",
  ]);
});
