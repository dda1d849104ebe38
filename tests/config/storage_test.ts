/** From what is asked for to one storage. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type StorageChoice, storageChoice, type StorageValues } from "../../src/config/storage.ts";

const cases:
  readonly (readonly [string | undefined, Partial<StorageValues>, StorageChoice["type"], string?])[] = [
    [undefined, {}, "memory"],
    ["d", {}, "sqlite", "d/comqtt.db"],
    [undefined, { type: "sqlite" }, "sqlite", "data/comqtt.db"],
    [undefined, { sync: "full" }, "sqlite", "data/comqtt.db"],
    ["d", { path: "x.db" }, "sqlite", "x.db"],
    [undefined, { url: "redis://a" }, "redis"],
    ["d", { type: "redis", url: "redis://a" }, "redis"],
    ["d", { type: "sqlite", url: "redis://a" }, "sqlite", "d/comqtt.db"],
    [undefined, { type: "memory" }, "memory"],
  ];

for (const [data, storage, type, path] of cases) {
  test(`storage choice: ${JSON.stringify({ data, ...storage })} is ${type}`, () => {
    const choice = storageChoice({ ...(data === undefined ? {} : { data }), storage });
    assert.equal(choice.type, type);
    assert.equal(choice.type === "sqlite" ? choice.path : undefined, path);
  });
}

test("storage choice: a directory and a forgotten variable for Redis do not mean Redis in silence", () => {
  for (const storage of [{ url: "redis://:hidden@a" }, { password: "hidden" }]) {
    assert.throws(() => storageChoice({ data: "d", storage }), (error: Error) => {
      assert.match(error.message, /both in the directory "d" and in Redis: --storage-type/);
      assert.doesNotMatch(error.message, /hidden/);
      return true;
    });
  }
});

test("storage choice: how Redis writes to its disk is not taken for granted", () => {
  assert.throws(
    () => storageChoice({ storage: { type: "redis", sync: "full" } }),
    /^Error: Cannot use --storage-sync, .* "full" with Redis, which has a setting of its own for that \(appendfsync\)$/,
  );
});

test("storage choice: who names a place for data does not get memory alone, whoever says both", () => {
  const says =
    /^Error: Cannot keep the data both .* and in memory alone: --storage-type, COMQTT_STORAGE_TYPE or /;
  assert.throws(
    () => storageChoice({ data: "d", storage: { type: "memory" } }),
    /both in the directory "d" and in memory alone: .* says memory; leave out the one or the other$/,
  );
  assert.throws(() => storageChoice({ data: "d", storage: { type: "memory" } }), says);
  for (
    const more of [{ path: "x.db" }, { sync: "full" }, { window: 1 }, { url: "redis://:hidden@a" }, {
      address: "a:1",
    }] as const
  ) {
    assert.throws(() => storageChoice({ storage: { type: "memory", ...more } }), (error: Error) => {
      assert.match(String(error), says);
      assert.match(error.message, "url" in more || "address" in more ? /for Redis say/ : /for SQLite say/);
      assert.doesNotMatch(error.message, /hidden/);
      return true;
    });
  }
});
