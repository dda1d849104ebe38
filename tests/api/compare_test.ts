/** What is seen of a change, with APIs made for it. */

import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { temporaryFolder } from "../harness/folder.ts";
import { deno } from "../package/tools.ts";
import { isNamed, newestSection, type Section } from "./changelog.ts";
import { accepted, changesOf, complaints } from "./compare.ts";
import { type Api, apiOf } from "./members.ts";
import { readSnapshot, type Snapshot, snapshotText } from "./snapshot.ts";

/** The API of a package with these files; `mod.ts` is what is exported. */
function invented(files: Readonly<Record<string, string>>): Promise<Api> {
  const folder = temporaryFolder();
  const all = {
    "deno.json": `{ "name": "@a/a", "version": "1.0.0", "exports": { ".": "./mod.ts" } }`,
    ...files,
  };
  for (const [name, text] of Object.entries(all)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return apiOf(folder);
}

/** Each line of a pair is one change; what stands alone stays as it is. */
const EDITS: readonly (readonly [before: string, now: string, name: string])[] = [
  ["/** A. */ export interface A {", "", ""],
  ["/** M. */ size: number;", "/** M. */ size: string;", "A.size"],
  ["/** M. */ optional: number;", "/** M. */ optional?: number;", "A.optional"],
  ["/** M. */ marked: number;", "/** M. */ readonly marked: number;", "A.marked"],
  ["/** M. Default 5. */ standard?: number;", "/** M. Default 6. */ standard?: number;", "A.standard"],
  ["/** M. */ said?: number;", "said?: number;", "A.said"],
  ["/** M. */ old: number;", "/** M. @deprecated */ old: number;".replace("@", "\n* @"), "A.old"],
  ["/** M. */ call(a: number): void;", "/** M. */ call(a: number, b?: string): void;", "A.call"],
  ["/** M. */ later: () => void;", "/** M. */ later: () => Promise<void>;", "A.later"],
  ["/** M. */ many: readonly (string | null)[];", "/** M. */ many: readonly string[] | null;", "A.many"],
  ["/** M. */ deep: { a: { b?: 1 } };", "/** M. */ deep: { a: { b: 1 } };", "A.deep"],
  ["/** M. */ key: keyof A & string;", "/** M. */ key: keyof A | string;", "A.key"],
  ["/** M. */ pick: A extends string ? 1 : 2;", "/** M. */ pick: A extends string ? 1 : 3;", "A.pick"],
  ["/** M. */ [name: string]: unknown; }", "/** M. */ [name: string]: any; }", "A.[]"],
  ["/** B. */ export class B extends Error {", "/** B. */ export class B extends TypeError {", "B"],
  ["/** M. */ static s: number = 1;", "/** M. */ s: number = 1;", "B.s"],
  ["/** M. */ get g(): number { return 1; }", "/** M. */ g: number = 1;", "B.g"],
  ["/** M. */ protected p(): void {}", "/** M. */ p(): void {}", "B.p"],
  [
    "/** M. */ constructor(a: number) { super(); }",
    "/** M. */ constructor(a = 1) { super(); }",
    "B.constructor",
  ],
  ["#hidden: number = 1; }", "#hidden: string = ``; }", ""],
  [
    "/** F. */ export function f(a?: number): void {}",
    "/** F. */ export function f(a: number): void {}",
    "f",
  ],
  [
    "/** F. */ export function g<T>(a: T): void {}",
    "/** F. */ export function g<T extends 1>(a: T): void {}",
    "g",
  ],
  ["/** F. */ export async function h(): Promise<void> {}", "/** F. */ export function h(): any {}", "h"],
  ["/** C. */ export const five: number = 5;", "/** C. */ export const five: number = 6;", "five"],
  [
    "/** C. */ export const o: { a: number } = { a: 5 };",
    "/** C. */ export const o: { a: number } = { a: 6 };",
    "o.a=",
  ],
  ["/** T. */ export type T = [1, 2?];", "/** T. */ export type T = [1, 2];", "T"],
];

test("api: a change of a type, a mark, a default, a value or a docstring is seen", deno.needed, async () => {
  const before = await invented({ "mod.ts": EDITS.map(([before]) => before).join("\n") });
  const now = await invented({ "mod.ts": EDITS.map(([before, now]) => now || before).join("\n") });
  const { added, removed, changed, reworded } = changesOf(before, now);
  const names = EDITS.map(([, , name]) => name).filter((name) => name !== "").map((name) => `. ${name}`);
  assert.deepEqual(changed.map(({ name }) => name).toSorted(), names.toSorted());
  assert.deepEqual({ added, removed, reworded }, { added: [], removed: [], reworded: [] });
});

test(
  "api: where files stand, in which order, and how a body is written changes nothing",
  deno.needed,
  async () => {
    const used = "/** U. */ export interface U { /** U. */ u: number }";
    const b = "/** B. */ export function b(u: U): Promise<U>";
    const before = await invented({
      "mod.ts": `export * from "./one/u.ts"; export * from "./two/b.ts";`,
      "one/u.ts": used,
      "two/b.ts": `import type { U } from "../one/u.ts"; ${b} { return Promise.resolve(u); }`,
    });
    const now = await invented({
      "mod.ts": `export * from "./b.ts"; export { type U } from "./rooms/of/u.ts";`,
      "rooms/of/u.ts": `\n\n${used}`,
      "b.ts": `import type { U } from "./rooms/of/u.ts"; ${
        b.replace("export ", "export async ")
      } { return await u; }`,
    });
    assert.deepEqual([...now.keys()], [". (module)", ". U", ". U.u", ". b"]);
    assert.deepEqual(now, before);
  },
);

const unreleased: Section = newestSection(
  "# Changelog\n\n## 2.0.0 (unreleased)\n\n- `B` is gone\n\n## 1.0.0\n\n- `C`",
);
const released: Section = { ...unreleased, unreleased: false };

function api(...names: string[]): Api {
  return new Map(names.map((name) => [name, { signature: `of ${name}`, defaults: "", about: "It is." }]));
}

function snapshot(...names: string[]): Snapshot {
  return { version: "2.0.0", api: api(...names), gone: [] };
}

test("api: what is added may stay out of the snapshot until a release", () => {
  assert.deepEqual(complaints(snapshot(". A"), api(". A", ". B"), unreleased), []);
  assert.match(
    complaints(snapshot(". A"), api(". A", ". B"), released).join("\n"),
    /release: \. B\n.*api:accept/s,
  );
});

test("api: what is removed is said once, with what it was and what to do", () => {
  const found = complaints(snapshot(". A", ". B", ". B.b", ". BB"), api(". A", ". BB"), unreleased);
  assert.equal(found.length, 2);
  assert.equal(found[0], "removed: . B\n  before: of . B");
  assert.match(found[1]!, /CHANGELOG\.md.*deno task api:accept/);
  const member = complaints(snapshot(". B", ". B.b"), api(". B"), unreleased);
  assert.equal(member[0], "removed: . B.b\n  before: of . B.b");
  const entry = complaints(snapshot("./e (module)", "./e E", "./e E.e"), api(), unreleased);
  assert.equal(entry[0], "removed: ./e (module)\n  before: of ./e (module)");
  assert.equal(entry.length, 2);
});

test("api: what is changed is said with before and now", () => {
  const now: Api = new Map([[". A", { signature: "other", defaults: "Default 1", about: "" }]]);
  const [found] = complaints(snapshot(". A"), now, unreleased);
  assert.equal(
    found,
    "changed: . A\n  before: of . A\n  now:    other, documented: Default 1, without documentation",
  );
});

test("api: other words about the same are no fault", () => {
  const now: Api = new Map([[". A", { signature: "of . A", defaults: "", about: "It is still." }]]);
  assert.deepEqual(complaints(snapshot(". A"), now, unreleased), []);
  assert.equal(changesOf(api(". A"), now).reworded.length, 1);
});

test("api: what is accepted as removed has to stand in the newest section of the changelog", () => {
  const named = accepted(snapshot(". A", ". B"), api(". A"), unreleased);
  assert.deepEqual(named.gone, [". B"]);
  assert.deepEqual(complaints(named, api(". A"), unreleased), []);
  const unnamed = accepted(snapshot(". A", ". C"), api(". A"), unreleased);
  assert.deepEqual(complaints(unnamed, api(". A"), unreleased), [
    "removed, and CHANGELOG.md does not name it under 2.0.0: . C",
  ]);
  // The next version's section does not name it again; what has come back is not gone.
  const next: Section = { version: "2.1.0", unreleased: true, text: "" };
  assert.deepEqual(complaints(named, api(". A"), next), []);
  assert.deepEqual(accepted(named, api(". A"), next).gone, []);
  assert.deepEqual(accepted(named, api(". A", ". B"), unreleased).gone, []);
  assert.deepEqual(accepted(named, api(), unreleased).gone, [". A", ". B"]);
});

test("api: a member is named together with its type, an entry as it is imported", () => {
  const says = (text: string): Section => ({ ...unreleased, text });
  assert.equal(isNamed(". Debug.id", says("- `Debug.id` is `Debug.name`")), true);
  assert.equal(isNamed(". Debug.id", says("- the id of the hook")), false);
  assert.equal(isNamed(". Debug.id", says("- `DebugOptions.id`")), false);
  assert.equal(isNamed(`. Code."not-writable"`, says("- `not-writable`, a `Code`, is `read-only`")), true);
  assert.equal(isNamed(". f#2", says("- `f()` with a number")), true);
  assert.equal(isNamed(". B.constructor", says("- `B` is made otherwise")), true);
  assert.equal(isNamed("./hooks/debug (module)", says("- `@comqtt/comqtt/hooks/debug`")), true);
  assert.equal(isNamed("./hooks/debug (module)", says("- the debug hook")), false);
});

test("api: the snapshot as text and back", () => {
  const some: Snapshot = { ...snapshot(". A", ". A.a", ". B"), gone: [". C", ". D.d"] };
  assert.deepEqual(readSnapshot(snapshotText(some)), some);
});
