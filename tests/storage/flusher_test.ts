import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Flusher } from "../../hooks/storage/sqlite/disk/flusher.ts";

let folder = "";
let path = "";

before(() => {
  folder = mkdtempSync(join(tmpdir(), "comqtt-flusher-"));
  path = join(folder, "a.db-wal");
  writeFileSync(path, "");
});

after(() => rmSync(folder, { recursive: true }));

/** Keeps what was begun, to be ended by the test. */
function flusher(file = path): { one: Flusher; begun: (() => void)[]; files: Set<number> } {
  const begun: (() => void)[] = [];
  const files = new Set<number>();
  const one = new Flusher(file, (descriptor, done) => {
    files.add(descriptor);
    begun.push(done);
  });
  return { one, begun, files };
}

test("flusher: begins when enough was written, small commits count as a page", () => {
  const { one, begun } = flusher();
  for (let i = 0; i < 127; i++) one.wrote(0);
  assert.equal(begun.length, 0);
  one.wrote(0);
  assert.equal(begun.length, 1);
  begun[0]!();
  one.close();
});

test("flusher: one at a time, and the next only when enough was written since", () => {
  const { one, begun, files } = flusher();
  one.wrote(1 << 20);
  one.wrote(1 << 20);
  assert.equal(begun.length, 1);
  begun[0]!();
  one.wrote(1);
  assert.equal(begun.length, 2);
  begun[1]!();
  one.wrote(1);
  assert.equal(begun.length, 2);
  assert.equal(files.size, 1);
  one.close();
});

test("flusher: nothing is begun after close, and what is under way may end later", () => {
  const { one, begun } = flusher();
  one.wrote(1 << 20);
  one.close();
  begun[0]!();
  one.wrote(1 << 20);
  assert.equal(begun.length, 1);
});

test("flusher: without the file nothing happens", () => {
  const { one, begun } = flusher(join(folder, "missing"));
  one.wrote(1 << 20);
  one.wrote(1 << 20);
  one.close();
  assert.equal(begun.length, 0);
});
