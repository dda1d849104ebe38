/** No function is longer than what is read at once. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { functionsIn, lengthOf, longFunctions } from "./functions.ts";
import { sources } from "./sources.ts";

test("house: no function has more than 70 lines", () => {
  const long = longFunctions(sources());
  assert.ok(long.length === 0, `\n${long.join("\n")}`);
});

test("house: functions of all files are counted", () => {
  const count = [...sources().values()].reduce((sum, source) => sum + functionsIn(source).length, 0);
  assert.ok(count > 3000, `${count} functions`);
});

/** Name, first and last line of each. */
function spans(source: string): string[] {
  return functionsIn(source).map(({ name, firstLine, lastLine }) => `${name} ${firstLine}-${lastLine}`);
}

/** What stands between the braces of a function with so many lines. */
function body(lines: number): string {
  return Array.from({ length: lines - 2 }, (_, i) => `  call(${i});`).join("\n");
}

test("house: a function of one line too many is named with its file, line and length", () => {
  const source = (lines: number): string => `// begins\nfunction much(): void {\n${body(lines)}\n}\n`;
  assert.deepEqual(longFunctions(new Map([["src/a.ts", source(70)]])), []);
  assert.deepEqual(longFunctions(new Map([["src/a.ts", source(71)], ["src/b.ts", source(90)]])), [
    "src/b.ts:2 much has 90 lines: at most 70 are read at once",
    "src/a.ts:2 much has 71 lines: at most 70 are read at once",
  ]);
});

test("house: functions of every form are found, with their parameters, to their last line", () => {
  for (
    const [source, expected] of [
      ["function f() {\n\n}", ["f 1-3"]],
      ["async function* f<A, B extends Map<string, A>>(\n  a: A,\n): AsyncIterable<B> {\n}", ["f 1-4"]],
      ["export default function () {\n}", ["function 1-2"]],
      ["class A {\n  constructor(readonly a: number) {\n  }\n  get #b(): number {\n  }\n}", [
        "constructor 2-3",
        "#b 4-5",
      ]],
      ["class A {\n  static async *[Symbol.iterator]() {\n  }\n  'quoted name'() {\n  }\n}", [
        "[ 2-3",
        "quoted name 4-5",
      ]],
      ["const a = (b: number): { c: number } | null => {\n  return b;\n};", ["a 1-3"]],
      ["const a = async <T>(b: T) => {\n};", ["a 1-2"]],
      ["const a = b => c(\n  b,\n);", ["a 1-3"]],
      ["const a = { b: (c) => ({\n  d: 1, e: 2,\n}), f() {\n} };", ["b 1-3", "f 3-4"]],
      ["call((a) => a < 1 && b > (2) ||\n  c, (d) => d ? 1 :\n  2);", ["=> 1-2", "=> 2-3"]],
      ["function f(a: string): asserts a is B {\n}\nfunction g(): typeof h.i[number] {\n}", [
        "f 1-2",
        "g 3-4",
      ]],
      ["function f<T>(): T extends string ? { a: 1 } : Map<T, () => void> {\n}", ["f 1-2", "=> 1-1"]],
      ["function f(): (a: A) => B {\n  return () =>\n    1;\n}", ["f 1-4", "=> 1-1", "=> 2-3"]],
      ["const a = (b: B) => (c: C): void => {\n};", ["a 1-2", "=> 1-2"]],
      ["function f() {\n  const inner = () => {\n  };\n}", ["f 1-4", "inner 2-3"]],
      ["const a = () => `\n${b(`\n`)}\n`;", ["a 1-4"]],
    ] as const
  ) {
    assert.deepEqual(spans(source), expected, source);
  }
});

test("house: what only looks like a function is none", () => {
  for (
    const source of [
      "if (a) {\n} else if (b) {\n}\nfor (const c of d) {\n}\nwhile (e) {\n}\nswitch (f) {\n}",
      "for await (const a of b) {\n}\ntry {\n} catch (c) {\n}\ndo {\n} while (d);",
      "class A extends made(of.parts) {\n}\nclass B extends c.made<D>(of) {\n}",
      "interface A {\n  b(c: D): E;\n  f?(): { g: 1 };\n}",
      "const a = b(c) ? d(e) : {\n};\nconst f = { g: h(i), j: {\n} };",
      "// function f() {\n/* function g() {\n} */ const text = 'function h() {', template = `() => {`;",
      "const pattern = /\\) => \\{[/(]/g, division = a / (b) / c;",
    ]
  ) assert.deepEqual(spans(source), [], source);
});

test("house: a table with types of functions in it is no function of its length", () => {
  const table = `const table: Record<string, (a: A) => void> = {\n${"  a,\n".repeat(99)}};\n`;
  assert.deepEqual(functionsIn(table).map(lengthOf), [1]);
});

test("house: text that cannot be read is a failure, not silence", () => {
  assert.throws(() => functionsIn("function f() {\n"), /bracket of line 1 has no partner/);
  assert.throws(() => functionsIn("a(\n]"), /"\]" of line 2 has no partner/);
  assert.throws(() => functionsIn("const a = 'b;\n"), /text of line 1 has no end/);
  assert.throws(() => functionsIn("const a = `b;\n${c}"), /template of line \d has no end/);
});
