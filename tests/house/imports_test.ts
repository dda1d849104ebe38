/** Nobody looks upward in this house, nobody goes round in circles, and no room is crowded. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  circles,
  crowdedFolders,
  type Floor,
  floorOf,
  FLOORS,
  type Graph,
  homelessFiles,
  missingImports,
  upwardImports,
} from "./floors.ts";
import { graphOf, specifiersIn } from "./imports.ts";
import { filesInFolders, sources } from "./sources.ts";

const graph = graphOf(sources());

/** One line for each of them, so that a failure can be read. */
function none(complaints: readonly string[]): void {
  assert.ok(complaints.length === 0, `\n${complaints.join("\n")}`);
}

test("house: every file stands on a floor", () => none(homelessFiles(graph)));

test("house: every import leads to a file of the house", () => none(missingImports(graph)));

test("house: no file imports from a floor above its own", () => none(upwardImports(graph)));

test("house: no file imports itself by way of others", () => none(circles(graph)));

test("house: no folder has more than 30 loose files", () => none(crowdedFolders(filesInFolders())));

test("house: every room of the table is there", () => {
  const rooms = FLOORS.flatMap(({ rooms }) => rooms);
  const empty = rooms.filter((room) =>
    ![...graph.keys()].some((path) => path === room || path.startsWith(`${room}/`))
  );
  none(empty.map((room) => `${room} of tests/house/floors.ts is empty`));
});

test("house: what is read are all files, with their imports", () => {
  const count = [...graph.values()].reduce((sum, { length }) => sum + length, 0);
  assert.ok(graph.size > 300, `${graph.size} files`);
  assert.ok(count > 1000, `${count} imports`);
  // One of each kind: static, of a type, of both, dynamic, `typeof import()`, a path that is known at run time only.
  for (
    const [from, to] of [
      ["src/runtime/tcp/tcp.ts", "src/runtime/platform.ts"],
      ["src/runtime/tcp/tcp_bun.ts", "src/runtime/tcp/tcp_options.ts"],
      ["src/runtime/tcp/tcp.ts", "src/runtime/tcp/tcp_deno.ts"],
      ["src/runtime/tcp/tcp.ts", "src/runtime/tcp/tcp_node.ts"],
      ["src/cli/parts.ts", "dashboard/stats_app.ts"],
      ["mod.ts", "src/core/clock.ts"],
      ["main.ts", "src/cli/run.ts"],
    ] as const
  ) assert.ok(graph.get(from)?.includes(to), `${from} imports ${to}`);
});

const floors: readonly Floor[] = [
  { name: "1", rooms: ["src/ground", "src/house/cellar.ts"] },
  { name: "2", rooms: ["src/house"] },
  { name: "3", rooms: ["plugs"], sees: "1" },
  { name: "4", rooms: ["top.ts"] },
];

function graphWith(files: Readonly<Record<string, readonly string[]>>): Graph {
  return new Map(Object.entries(files));
}

test("house: an upward import is named with both files and their floors", () => {
  const complaints = upwardImports(
    graphWith({
      "src/ground/a.ts": ["src/house/b.ts", "src/ground/c.ts"],
      "src/house/b.ts": ["src/ground/c.ts"],
    }),
    floors,
  );
  assert.deepEqual(complaints, ["src/ground/a.ts (floor 1) imports src/house/b.ts (floor 2): upward"]);
});

test("house: a floor that sees only some of those below is held to it, but sees itself", () => {
  const complaints = upwardImports(
    graphWith({
      "plugs/a.ts": ["plugs/b.ts", "src/ground/a.ts", "src/house/b.ts"],
      "top.ts": ["src/house/b.ts"],
    }),
    floors,
  );
  assert.deepEqual(complaints, [
    "plugs/a.ts (floor 3) imports src/house/b.ts (floor 2): from there nothing above floor 1 is seen",
  ]);
});

test("house: the longest path of the table counts, and a name is no folder", () => {
  assert.equal(floorOf("src/house/cellar.ts", floors), 0);
  assert.equal(floorOf("src/house/deep/cellar.ts", floors), 1);
  assert.equal(floorOf("src/house.ts", floors), null);
  assert.equal(floorOf("src/house_of_others/a.ts", floors), null);
});

test("house: a file the table does not know is a failure that says what to do", () => {
  assert.deepEqual(homelessFiles(graphWith({ "src/new/a.ts": [], "src/ground/a.ts": [] }), floors), [
    "src/new/a.ts stands on no floor: put it into a room of tests/house/floors.ts, or name it there",
  ]);
  assert.deepEqual(upwardImports(graphWith({ "src/new/a.ts": ["top.ts"] }), floors), []);
});

test("house: an import of what is not there is a failure", () => {
  assert.deepEqual(
    missingImports(graphWith({ "top.ts": ["src/ground/a.ts", "tests/a.ts"], "src/ground/a.ts": [] })),
    [
      "top.ts imports tests/a.ts, which is no file of src, hooks or dashboard",
    ],
  );
});

test("house: a circle is shown by its path, the shortest one of a knot, and knots one by one", () => {
  const g = (name: string): string => `src/ground/${name}.ts`;
  const complaints = circles(
    graphWith({
      // A long way round, and a short one.
      [g("a")]: [g("b")],
      [g("b")]: [g("c")],
      [g("c")]: [g("d"), g("b")],
      [g("d")]: [g("a"), "top.ts"],
      "top.ts": [],
      // Another knot, that leads to the first.
      "src/house/x.ts": ["src/house/y.ts"],
      "src/house/y.ts": ["src/house/z.ts", g("a")],
      "src/house/z.ts": ["src/house/x.ts"],
      "src/house/self.ts": ["src/house/self.ts"],
    }),
    floors,
  );
  assert.deepEqual(complaints, [
    "A circle: src/ground/b.ts (floor 1) → src/ground/c.ts (floor 1) → src/ground/b.ts (floor 1); " +
    "2 more files are in its knot",
    "A circle: src/house/self.ts (floor 2) → src/house/self.ts (floor 2)",
    "A circle: src/house/x.ts (floor 2) → src/house/y.ts (floor 2) → src/house/z.ts (floor 2) → src/house/x.ts (floor 2)",
  ]);
});

test("house: two ways to the same file are no circle", () => {
  const diamond = { a: ["b", "c"], b: ["d"], c: ["d"], d: [] };
  assert.deepEqual(circles(graphWith(diamond)), []);
});

test("house: loose files are counted by folder, those deeper down in theirs", () => {
  const files = (folder: string, count: number): string[] =>
    Array.from({ length: count }, (_, i) => `${folder}/${i}.ts`);
  assert.deepEqual(crowdedFolders([...files("src/a", 3), ...files("src/a/b", 3), ...files("src", 2)], 3), []);
  assert.deepEqual(crowdedFolders([...files("src/a", 4), ...files("src/a/b", 3)], 3), [
    "src/a has 4 loose files: at most 3 stand in one folder",
  ]);
});

test("house: imports of every form are read, and what only looks like one is not", () => {
  const source = `
    import "./a.ts"; import b from './b.ts'; import type { C, D } from "./c.ts";
    import {
      e, // from "./no.ts"
      type F,
    } from "./d.ts";
    export * from "./e.ts"; export { g } from "./f.ts"; export type { h } from "./g.ts";
    const i: typeof import("./h.ts") = await import("./i.ts"), json = import("./j.json", { with: { type: "json" } });
    type J = import("./k.ts").K; const template = await import(\`./l.ts\`);
    /* import "./no.ts"; */ const text = 'import "./no.ts"', pattern = /import "./;
    const nested = \`import "./no.ts" \${\`\${await import("./m.ts")}\`} from "./no.ts"\`;
    Array.from("./no.ts"); import.meta.resolve("./no.ts"); const here = { from: "./no.ts", import: "./no.ts" };
  `;
  const letters = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m"];
  assert.deepEqual(
    specifiersIn(source, () => true),
    letters.map((letter) => `./${letter}.${letter === "j" ? "json" : "ts"}`),
  );
});

test("house: where what is imported is known at run time only, texts that name a file count", () => {
  const files = new Map([
    [
      "src/a/one.ts",
      'const paths = ["../b/two.ts", "./none.ts"]; export const load = (path) => import(path);',
    ],
    ["src/b/two.ts", 'export const paths = ["../a/one.ts"]; import "node:fs"; import { Hono } from "hono";'],
  ]);
  assert.deepEqual(graphOf(files), new Map([["src/a/one.ts", ["src/b/two.ts"]], ["src/b/two.ts", []]]));
});
