/** The table has no gap, and what fills it is really there. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Citation, citationsIn, collect, gaps, tables, tabulate } from "./table.ts";

const citations = collect();
for (const table of tables(citations)) {
  test(`conformance: every statement of ${table.title} has a test, or a reason why it needs none`, () => {
    assert.deepEqual(gaps(table, citations), []);
  });
}

const IMPORT = `import { conforms } from "../conforms.ts";`;
const citation: Citation = { file: "a_test.ts", line: 1, version: 5, ids: ["MQTT-1.0.0-1"], name: "a: b" };

test("conformance: the scan reads a call over one line and over several", () => {
  const source = `${IMPORT}
// Here conforms is only spoken of.
conforms(5, ["MQTT-1.0.0-1"], "a: says \\"b\\"", async () => {});
for (const qos of [1, 2]) {
  conforms(
    3,
    [
      "MQTT-1.0.0-1",
      "MQTT-1.0.0-2",
    ],
    \`a: QoS \${qos}\`,
    async () => {},
  );
}
`;
  assert.deepEqual(citationsIn("a_test.ts", source), [
    { ...citation, line: 3, name: 'a: says \\"b\\"' },
    {
      file: "a_test.ts",
      line: 5,
      version: 3,
      ids: ["MQTT-1.0.0-1", "MQTT-1.0.0-2"],
      name: "a: QoS ${qos}",
    },
  ]);
});

const unreadable = {
  "a version that is not written out": `conforms(version, ["MQTT-1.0.0-1"], "a: b", run);`,
  "a version there is not": `conforms(4, ["MQTT-1.0.0-1"], "a: b", run);`,
  "statements from elsewhere": `conforms(5, ids, "a: b", run);`,
  "a statement that is put together": `conforms(5, [\`MQTT-\${n}\`], "a: b", run);`,
  "no statement": `conforms(5, [], "a: b", run);`,
  "a name from elsewhere": `conforms(5, ["MQTT-1.0.0-1"], name, run);`,
  "another name for it": `const show = conforms;`,
  "an import under another name":
    `import * as c from "./conforms.ts"; c.conforms(5, ["MQTT-1.0.0-1"], "a: b", run);`,
};
for (const [what, source] of Object.entries(unreadable)) {
  test(`conformance: the scan refuses ${what}`, () => {
    assert.throws(() => citationsIn("a_test.ts", `${IMPORT}\n${source}\n`), /tests\/a_test\.ts:2/);
  });
}

test("conformance: the scan refuses a call in a file that is not run", () => {
  const source = `${IMPORT}\nconforms(5, ["MQTT-1.0.0-1"], "a: b", run);`;
  assert.throws(() => citationsIn("a.ts", source), /\*_test\.ts/);
  assert.deepEqual(citationsIn("a.ts", `// What conforms(5, ids) means.`), []);
});

test("conformance: each kind of gap is found", () => {
  const says = "Something.";
  const why = "binds the client only";
  const statements = [
    { id: "MQTT-1.0.0-1", says, server: true },
    { id: "MQTT-1.0.0-2", says, server: true, why },
    { id: "MQTT-1.0.0-3", says, server: false },
    { id: "MQTT-1.0.0-4", says, server: false, why },
    { id: "MQTT-1.0.0-4", says, server: false, why },
  ];
  const cited = [{ ...citation, ids: ["MQTT-1.0.0-2", "MQTT-1.0.0-4", "MQTT-9.0.0-1"] }];
  const found = gaps(tabulate(5, "MQTT", statements, cited), cited);
  const starts = ["[MQTT-1.0.0-1]: no test", "[MQTT-1.0.0-2]", "[MQTT-1.0.0-3]", "[MQTT-1.0.0-4]"];
  assert.deepEqual(
    found.slice(0, 4).map((line, i) => line.startsWith(`MQTT ${starts[i]}`)),
    Array(4).fill(true),
  );
  assert.match(found.at(-2)!, /twice/);
  assert.match(found.at(-1)!, /MQTT-9\.0\.0-1.*a_test\.ts:1/);
  assert.deepEqual(gaps(tabulate(3, "MQTT", [{ id: "MQTT-1.0.0-1", says, server: true }], [citation]), []), [
    "MQTT [MQTT-1.0.0-1]: no test",
  ]);
});
