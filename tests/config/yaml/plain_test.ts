/** Plain YAML is read as the package that knows all of YAML reads it, or not at all. */

import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import fc from "fast-check";
import { isAlias, isMap, isScalar, isSeq, type Node, parseDocument, stringify } from "yaml";
import { fileLayer } from "../../../src/config/file.ts";
import { nothingOutside } from "../../../src/config/outside.ts";
import { plainFileLayer } from "../../../src/config/plain_file.ts";
import { parsePlain } from "../../../src/config/yaml/plain.ts";
import { NotPlain, type PlainNode } from "../../../src/config/yaml/plain_nodes.ts";

const root = new URL("../../../", import.meta.url);

/** A value as text, mappings as pairs, with where each of them begins. */
type Tree = readonly [start: number, unknown] | null;

function ofPlain(node: PlainNode | null): Tree {
  if (node === null) return null;
  const [start] = node.range;
  switch (node.is) {
    case "text":
      return [start, node.text];
    case "list":
      return [start, node.items.map(ofPlain)];
    case "mapping":
      return [
        start,
        node.keys.map((key) => [key.key.range![0], key.written, ofPlain(key.node as PlainNode | null)]),
      ];
  }
}

/** What has no text is nothing, wherever `yaml` says it stands. */
function ofYaml(node: Node | null, empty: boolean): Tree {
  if (node === null || isAlias(node)) return null;
  const start = node.range![0];
  if (isMap(node)) {
    return [
      start,
      node.items.map(({ key, value }) => [
        (key as Node).range![0],
        isScalar(key) ? String(key.value) : "?",
        ofYaml(value as Node | null, true),
      ]),
    ];
  }
  if (isSeq(node)) return [start, node.items.map((item) => ofYaml(item as Node | null, true))];
  if (!isScalar(node)) return null;
  if (node.value === null) return empty && node.source === "" ? null : [start, ""];
  return [start, typeof node.value === "string" ? node.value : node.source ?? String(node.value)];
}

/** True when it was plain. */
function compare(text: string): boolean {
  let plain: Tree;
  try {
    plain = ofPlain(parsePlain(text));
  } catch (error) {
    assert.ok(error instanceof NotPlain, text);
    return false;
  }
  const document = parseDocument(text, { uniqueKeys: false });
  assert.deepEqual(document.errors.map(({ message }) => message), [], JSON.stringify(text));
  assert.deepEqual(plain, ofYaml(document.contents, false), JSON.stringify(text));
  return true;
}

const plainTexts = [
  "",
  "# nothing\n\n",
  "a: 1",
  "a: 1 # one",
  "a: b#c\nb: '#d' # e",
  "a:\nb:\n",
  "a: # nothing\n  # below\nb: ~\nc: null\nd: 'null'",
  "a:\n  b:\n    c: 1\n  d: 2\ne: 3",
  "a:\n- 1\n- b: 2\n  c: 3\nd: 4",
  "a:\n  - x: { y: 1, z: [a, \"b\", 'it''s'] }\n    w: :1883\n  -   v: 1\n      u: 2\n",
  "a:\n  - b:\n    - c: 1\n    - d\n  - e",
  "-\n  a: 1\n-\n  - b",
  "- a: 1\n- b",
  "a: [1, 2, ]\nb: {c: 1, }\nd: []\ne: {}",
  "a: -1\nb: +2\nc: .5\nd: /x/y\ne: ~/z\nf: $HOME\ng: 0x1F\nh: 1e3\ni: -x\nj: :x",
  "a: two words - with: no",
  "a: b c  d   # e",
  "  a: 1\n  b: 2",
  "a: \"it''s\"\nb: 'say \"x\"'",
  "a.b-c_d: 1\nÄ: 2",
  'a: ä ö # ü\nb: "日本"',
  "true: 1\nnull: 2\nno: 3",
];

const others = [
  "a: &x 1",
  "a: *x",
  "a: !t 1",
  "a: |\n  b",
  "a: >\n  b",
  "a: b\n  c",
  "a: 'b\n  c'",
  'a: "b\\n"',
  "a:\t1",
  "\ta: 1",
  "a: 1\r\nb: 2",
  "---\na: 1",
  "a: 1\n---\nb: 2",
  "a: 1\n...",
  "? a\n: b",
  "a: 1\n- b",
  "a:\n    b: 1\n  c: 2",
  "a: b: c",
  "a: b:",
  "a: {b: 1} c",
  "a: {b: 1}#c",
  "a: [b: 1]",
  "a: {b}",
  "a: {b: 1",
  "a: [1\n, 2]",
  "a: {\n  b: 1 }",
  "a: @b",
  "a: `b`",
  "a: %b",
  "a: - b",
  "a: ? b",
  "a: ]",
  "a: , b",
  "'a': 1",
  "a",
  "a:1",
  "- - a",
  "a: [x {y: 1}]",
  "\ufeffa: 1",
];

for (const text of plainTexts) {
  test(`plain: ${JSON.stringify(text)} is read as yaml reads it`, () => void compare(text));
}

test("plain: most of what stands above is plain", () => {
  const plain = plainTexts.filter(compare);
  assert.ok(plain.length >= plainTexts.length - 4, `${plain.length} of ${plainTexts.length}`);
});

for (const text of others) {
  test(`plain: ${JSON.stringify(text)} is left to yaml`, () => assert.equal(compare(text), false));
}

const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: "medium", maxDepth: 4 },
    fc.constantFrom(
      "a",
      ":1",
      "x y",
      "it's",
      "64KiB",
      "http://a:1/#b",
      "null",
      "true",
      "",
      "- a",
      "a: b",
      "#",
      "~",
      "a #b",
    ),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ maxLength: 6 }),
    fc.array(tie("any"), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom("a", "b-c", "dE", "_f", "g.h"), tie("any"), { maxKeys: 3 }),
  ),
})).any;

test("plain: whatever yaml writes is read as yaml reads it", () => {
  let plain = 0;
  fc.assert(
    fc.property(
      value,
      fc.constantFrom(1, 2, 4),
      fc.boolean(),
      fc.boolean(),
      (made, indent, indentSeq, flow) => {
        const text = stringify(made, {
          indent,
          indentSeq,
          ...(flow ? { collectionStyle: "flow" } : {}),
          lineWidth: 0,
        });
        if (compare(text)) plain++;
      },
    ),
    { numRuns: 3000 },
  );
  assert.ok(plain > 100, `${plain} were plain`);
});

test("plain: and when it was changed somewhere", () => {
  const put = fc.constantFrom(..."{}[]:-&*!|>#%@`,?'\" \n~", ": ", " #", "\n  ", "- ", "\n- ", "\n");
  fc.assert(
    fc.property(
      value,
      fc.boolean(),
      fc.array(fc.tuple(fc.nat(), put), { minLength: 1, maxLength: 3 }),
      (made, flow, changes) => {
        let text = stringify(made, { ...(flow ? { collectionStyle: "flow" } : {}), lineWidth: 0 });
        for (const [at, what] of changes) {
          const place = at % (text.length + 1);
          text = text.slice(0, place) + what + text.slice(place + (at % 2));
        }
        compare(text);
      },
    ),
    { numRuns: 6000 },
  );
});

test("plain: and when lines of the files in config/ are dropped, doubled or moved in", () => {
  const text = readFileSync(new URL("config/comqtt.yml", root), "utf8").replaceAll(
    /^( *)# ([\w ]+:)/gm,
    "$1$2",
  );
  const lines = text.split("\n");
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(lines.length - 1), fc.nat(3), fc.nat(4)), { maxLength: 8 }),
      (changes) => {
        const changed = [...lines];
        for (const [at, how, by] of changes) {
          if (how === 0) changed.splice(at, 1);
          else if (how === 1) changed.splice(at, 0, changed[at] ?? "");
          else if (how === 2) changed[at] = " ".repeat(by) + (changed[at] ?? "");
          else changed[at] = (changed[at] ?? "").trimStart();
        }
        compare(changed.slice(0, 60).join("\n"));
      },
    ),
    { numRuns: 500 },
  );
});

for (const folder of ["config/", "tests/fixtures/comqtt/"]) {
  for (const name of readdirSync(new URL(folder, root)).filter((one) => one.endsWith(".yml"))) {
    test(`plain: what ${folder}${name} says is the same, whoever reads it`, () => {
      const text = readFileSync(new URL(folder + name, root), "utf8");
      compare(text);
      const quick = plainFileLayer([{ file: name, text }], nothingOutside);
      const whole = fileLayer({ file: name, text });
      if (quick === null) return assert.notDeepEqual([whole.problems.length, folder], [0, "config/"]);
      assert.deepEqual(quick?.layer, whole.layer);
    });
  }
}

test("plain: a complete file needs nothing but that", () => {
  for (const name of ["comqtt.yml", "network.yml", "tls.yml"]) {
    const text = readFileSync(new URL(`config/${name}`, root), "utf8");
    assert.notEqual(plainFileLayer([{ file: name, text }], nothingOutside), null, name);
  }
});
