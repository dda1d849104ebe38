/** The words of a command line are cut as Node does. */

import fc from "fast-check";
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseArgs } from "node:util";
import { type TokenOption, tokensOf } from "../../src/cli/tokens.ts";

const options: readonly TokenOption[] = [
  { name: "help", short: "h" },
  { name: "verbose", short: "v" },
  { name: "tcp", value: "ADDR" },
  { name: "conf", short: "c", value: "FILE" },
];

function byNode(args: string[]): unknown[] {
  const { tokens } = parseArgs({
    args,
    options: Object.fromEntries(options.map(({ name, short, value }) => [name, {
      type: value === undefined ? "boolean" as const : "string" as const,
      ...(short === undefined ? {} : { short }),
    }])),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  return tokens.map((token) =>
    Object.fromEntries(Object.entries(token).filter(([key, value]) => key !== "index" && value !== undefined))
  );
}

const word = fc.oneof(
  fc.constantFrom(
    ...[
      "--help",
      "--tcp",
      "--tcp=:1883",
      "--tcp=",
      "--conf",
      "-c",
      "-cx",
      "-hv",
      "-hcx",
      "-hc",
      "-vch",
      "-h",
    ],
    ...[
      "-x",
      "-xyz",
      "-",
      "--",
      "--=x",
      "--no-help",
      "--help=yes",
      "-c=x",
      "",
      "a",
      "--unknown",
      "--unknown=1",
    ],
    ...["---", "--tcp=a=b", "-1", "--a=", "-é", "-hé", "serve"],
  ),
  fc.string({ unit: fc.constantFrom("-", "=", "h", "c", "v", "x", " "), maxLength: 6 }),
)
  // (About dashes in a group of letters, and names of no letter, Deno and Bun do not agree.)
  .filter((word) => !/^-[^-].*-|^--=/.test(word));

test("command line: words are cut as Node cuts them", () => {
  fc.assert(
    fc.property(fc.array(word, { maxLength: 6 }), (args) => {
      assert.deepEqual(tokensOf(args, options), byNode(args), JSON.stringify(args));
    }),
    { numRuns: 3000 },
  );
});
