/** How values are written. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { editDistance, nearest } from "../../src/core/nearest.ts";
import {
  bytes,
  duration,
  fileMode,
  integer,
  oneOf,
  type ValueKind,
  yesOrNo,
} from "../../src/config/values.ts";
import { logLevelKind } from "../../src/config/table/log.ts";

type Row = readonly [text: string, value: unknown];

const tables: readonly (readonly [name: string, kind: ValueKind<unknown>, rows: readonly Row[]])[] = [
  ["integer", integer([2, 100]), [
    ["2", 2],
    ["100", 100],
    ["007", 7],
    ["1", undefined],
    ["101", undefined],
    ["1e1", undefined],
    ["0x10", undefined],
    ["3.0", undefined],
    ["-3", undefined],
    ["+3", undefined],
    [" 3", undefined],
    ["", undefined],
    ["99999999999999999999", undefined],
  ]],
  ["bytes", bytes([1, 2 ** 40]), [
    ["1", 1],
    ["1b", 1],
    ["64KiB", 65_536],
    ["64 kib", 65_536],
    ["1kB", 1000],
    ["1.5MiB", 1_572_864],
    ["2GiB", 2 ** 31],
    ["1TiB", 2 ** 40],
    ["0", undefined],
    ["2TiB", undefined],
    ["1.5", undefined],
    ["64K", undefined],
    ["64  KiB", undefined],
    ["-1KiB", undefined],
    ["KiB", undefined],
    ["1constructor", undefined],
  ]],
  ["duration in milliseconds", duration("ms", [100, 600_000]), [
    ["100", 100],
    ["500ms", 500],
    ["10s", 10_000],
    ["0.5s", 500],
    ["0.1s", 100],
    ["2m", 120_000],
    ["2 min", 120_000],
    ["99", undefined],
    ["1h", undefined],
    ["0.0005s", undefined],
    ["soon", undefined],
  ]],
  ["duration in seconds", duration("s", [0, 0xffff_ffff]), [
    ["0", 0],
    ["90", 90],
    ["5m", 300],
    ["2h", 7200],
    ["1d", 86_400],
    ["3000ms", 3],
    ["500ms", undefined],
    ["4294967295", 4_294_967_295],
    ["4294967296", undefined],
  ]],
  ["yes or no", yesOrNo, [
    ["true", true],
    ["yes", true],
    ["on", true],
    ["1", true],
    ["false", false],
    ["no", false],
    ["off", false],
    ["0", false],
    ["maybe", undefined],
    ["constructor", undefined],
    ["", undefined],
  ]],
  ["one of several", oneOf(["a", "b"]), [["a", "a"], ["b", "b"], ["c", undefined], ["A", undefined]]],
  ["log level", logLevelKind, [
    ["debug", "debug"],
    ["-4", "debug"],
    ["0", "info"],
    ["4", "warn"],
    ["8", "error"],
    ["1", undefined],
  ]],
  ["file mode", fileMode, [
    ["0660", 0o660],
    ["660", 0o660],
    ["0o660", 0o660],
    ["0680", undefined],
    ["66", undefined],
    ["04755", undefined],
  ]],
];

for (const [name, kind, rows] of tables) {
  test(`values: ${name}`, () => {
    for (const [text, value] of rows) assert.equal(kind.parse(text), value, `"${text}"`);
  });
}

test("nearest: distances count insertions, deletions, substitutions and swaps", () => {
  const rows = [["", "", 0], ["abc", "", 3], ["abc", "abc", 0], ["abc", "acb", 1], [
    "abc",
    "abxc",
    1,
  ]] as const;
  for (const [a, b, distance] of rows) {
    assert.equal(editDistance(a, b), distance);
    assert.equal(editDistance(b, a), distance);
  }
  assert.equal(editDistance("kitten", "sitting"), 3);
});

test("nearest: the closest one that is close", () => {
  const names = ["packetSize", "topicLevels", "id", "tcp", "ws"];
  assert.equal(nearest("packetsize", names), "packetSize");
  assert.equal(nearest("pakcetSizes", names), "packetSize");
  assert.equal(nearest("tpc", names), "tcp");
  assert.equal(nearest("colour", names), null);
  assert.equal(nearest("", names), null);
});
