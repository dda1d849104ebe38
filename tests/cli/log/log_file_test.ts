/** The file of the log: rotated, compressed, moved away by others, on a disk that is full. */

import assert from "node:assert/strict";
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { test } from "node:test";
import { gunzipSync, gzipSync } from "node:zlib";
import { LogFile } from "../../../src/cli/log/log_file.ts";
import { Pump } from "../../../src/cli/log/pump.ts";
import { Mount, needsMount } from "../../faults/mount.ts";
import { temporaryFolder } from "../../harness/folder.ts";
import { until } from "../../harness/time.ts";

const DAY = 86_400_000;
const START = Date.UTC(2024, 0, 2, 15, 4, 5);

interface Given {
  readonly path?: string;
  readonly maxSize?: number;
  readonly maxAge?: number;
  readonly maxBackups?: number;
  readonly compress?: boolean;
}

class Bench implements AsyncDisposable {
  now = START;
  passed = 0;
  readonly path: string;
  readonly file: LogFile;
  readonly pump: Pump;
  readonly stuck: string[] = [];
  readonly faults: string[] = [];

  constructor({ path = join(temporaryFolder(), "comqtt.log"), ...given }: Given = {}) {
    this.path = path;
    const options = { path, maxSize: 1 << 20, maxAge: 0, maxBackups: 0, compress: false, ...given };
    this.file = new LogFile(options, {
      now: () => this.now,
      monotonic: () => this.passed,
      notRotated: (why) => this.faults.push(why),
    });
    this.pump = new Pump(this.file, {
      monotonic: () => this.passed,
      lostLine: ({ lines, why }) => `${lines} lost: ${why}\n`,
      stuck: (why) => this.stuck.push(why),
    });
  }

  async write(...lines: string[]): Promise<void> {
    for (const line of lines) this.pump.push(`${line}\n`);
    await this.pump.flush(5000);
  }

  get text(): string {
    return readFileSync(this.path, "utf8");
  }

  /** Those that were put aside, the oldest first. */
  get backups(): string[] {
    return readdirSync(dirname(this.path)).filter((name) => name !== basename(this.path)).toSorted();
  }

  /** All that was ever written, as far as it is there. */
  get all(): string {
    const folder = dirname(this.path);
    const texts = this.backups.map((name) => {
      const bytes = readFileSync(join(folder, name));
      return (name.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString();
    });
    return texts.join("") + this.text;
  }

  /** Everything that was begun is done. */
  async settled(): Promise<void> {
    await this.pump.flush(5000);
    await this.file.tidied();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.file.close();
  }
}

test("log file: it and its directory are made, nobody else may read or write it", async () => {
  await using bench = new Bench({ path: join(temporaryFolder(), "a/b/comqtt.log") });
  await bench.write("one", "two");
  assert.equal(bench.text, "one\ntwo\n");
  assert.equal(statSync(bench.path).mode & 0o777 & ~0o640, 0);
  assert.equal(statSync(dirname(bench.path)).mode & 0o007, 0);
});

test("log file: it goes on where an earlier run has stopped, on a line of its own", async () => {
  for (const [before, after] of [["old\n", "old\nnew\n"], ["torn", "torn\nnew\n"], ["", "new\n"]]) {
    const path = join(temporaryFolder(), "comqtt.log");
    writeFileSync(path, before!);
    await using bench = new Bench({ path });
    await bench.write("new");
    assert.equal(bench.text, after);
  }
});

test("log file: what is full is put aside under comqtt's name, at the end of a line", async () => {
  await using bench = new Bench({ maxSize: 10 });
  await bench.write("12345678");
  assert.deepEqual(bench.backups, []);
  await bench.write("1", "22");
  assert.deepEqual(bench.backups, ["comqtt-2024-01-02T15-04-05.000.log"]);
  assert.equal(bench.text, "1\n22\n");
  await bench.write("a line that is more than a file is to hold", "x");
  assert.deepEqual(bench.backups, [
    "comqtt-2024-01-02T15-04-05.000.log",
    "comqtt-2024-01-02T15-04-05.001.log",
    "comqtt-2024-01-02T15-04-05.002.log",
  ]);
  assert.equal(bench.text, "x\n");
});

test("log file: one that is full when it is opened is put aside, and its permissions stay", async () => {
  const path = join(temporaryFolder(), "plain");
  writeFileSync(path, "x".repeat(99) + "\n", { mode: 0o600 });
  await using bench = new Bench({ path, maxSize: 100 });
  await bench.write("new");
  assert.deepEqual([bench.text, bench.backups], ["new\n", ["plain-2024-01-02T15-04-05.000"]]);
  assert.equal(statSync(path).mode & 0o777, 0o600);
});

for (const compress of [false, true]) {
  test(`log file: under load nothing is lost, doubled or torn, compress: ${compress}`, async () => {
    await using bench = new Bench({ maxSize: 20_000, compress });
    const lines = Array.from({ length: 20_000 }, (_, i) => `${i} ${"x".repeat(i % 97)} é`);
    for (let i = 0; i < lines.length; i += 100) {
      for (const line of lines.slice(i, i + 100)) bench.pump.push(`${line}\n`);
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await bench.settled();
    assert.equal(bench.all, lines.map((line) => `${line}\n`).join(""));
    assert.ok(bench.backups.length > 40);
    assert.ok(bench.backups.every((name) => name.endsWith(".gz") === compress), bench.backups.join());
    for (const name of compress ? [] : bench.backups) {
      assert.ok(statSync(join(dirname(bench.path), name)).size <= 20_000);
    }
    assert.deepEqual([bench.stuck, bench.faults], [[], []]);
  });
}

test("log file: those that are too many or too old are removed, at the start and at each rotation, and no other file", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "comqtt.log");
  const old = [9, 5, 3, 2, 1].map((days) => {
    const stamp = new Date(START - days * DAY).toISOString().slice(0, -1).replaceAll(":", "-");
    return `comqtt-${stamp}.log${days % 2 === 0 ? ".gz" : ""}`;
  });
  const others = [
    "comqtt-a.log",
    "comqtt-2024.log",
    "other-2020-01-01T00-00-00.000.log",
    "comqtt-2020-01-01T00-00-00.000.txt",
  ];
  for (const name of [...old, ...others]) writeFileSync(join(folder, name), gzipSync("x"));
  await using bench = new Bench({ path, maxSize: 10, maxAge: 8 * DAY, maxBackups: 3 });
  await bench.write("1");
  await bench.settled();
  assert.deepEqual(bench.backups, [...others, ...old.slice(2)].toSorted());
  await bench.write("123456789");
  await bench.settled();
  const newest = "comqtt-2024-01-02T15-04-05.000.log";
  assert.deepEqual(bench.backups, [...others, ...old.slice(3), newest].toSorted());
  bench.now += 7.5 * DAY;
  bench.passed += 7.5 * DAY;
  await bench.write("2");
  await bench.settled();
  assert.deepEqual(bench.backups, [...others, newest, "comqtt-2024-01-10T03-04-05.000.log"].toSorted());
});

test("log file: a compressed one holds what it was made of, with its permissions, and what was half made is made anew", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "comqtt.log");
  const name = "comqtt-2024-01-01T00-00-00.000.log";
  const text = Array.from({ length: 5000 }, (_, i) => `${i} ${Math.sin(i)}\n`).join("");
  writeFileSync(join(folder, name), text, { mode: 0o600 });
  writeFileSync(join(folder, `${name}.gz.part`), "half");
  await using bench = new Bench({ path, compress: true });
  await bench.write("1");
  await bench.settled();
  assert.deepEqual(bench.backups, [`${name}.gz`]);
  assert.equal(gunzipSync(readFileSync(join(folder, `${name}.gz`))).toString(), text);
  assert.equal(statSync(join(folder, `${name}.gz`)).mode & 0o777, 0o600);
});

test("log file: one that was moved away is opened anew, when told to and by itself", async () => {
  await using bench = new Bench();
  await bench.write("1");
  renameSync(bench.path, `${bench.path}.1`);
  await bench.write("2");
  assert.equal(readFileSync(`${bench.path}.1`, "utf8"), "1\n2\n");
  bench.file.reopen();
  await bench.write("3");
  assert.equal(bench.text, "3\n");
  renameSync(bench.path, `${bench.path}.2`);
  bench.passed += 1000;
  await bench.write("4");
  assert.equal(bench.text, "4\n");
  rmSync(dirname(bench.path), { recursive: true });
  bench.passed += 1000;
  await bench.write("5");
  assert.equal(bench.text, "5\n", "the directory is made again");
});

test("log file: one that was copied and emptied is full when it is full again", async () => {
  await using bench = new Bench({ maxSize: 10 });
  await bench.write("12345678");
  truncateSync(bench.path, 0);
  bench.passed += 1000;
  await bench.write("12345");
  assert.deepEqual([bench.text, bench.backups], ["12345\n", []]);
});

test("log file: a directory in its place, and one that cannot be made, are said and tried again", async () => {
  const folder = temporaryFolder();
  await using bench = new Bench({ path: join(folder, "comqtt.log") });
  mkdirSync(bench.path);
  await bench.write("1");
  assert.deepEqual(bench.stuck, ["it is a directory"]);
  rmSync(bench.path, { recursive: true });
  await until(() => existsSync(bench.path) && bench.text === "1\n", "the next try");

  writeFileSync(join(folder, "file"), "");
  await using other = new Bench({ path: join(folder, "file/comqtt.log") });
  await other.write("1");
  assert.match(
    other.stuck.join(),
    /^(?:a part of the path is not a directory|something else has that name already)$/,
  );
});

test("log file: one that cannot be put aside goes on, and that is said", async () => {
  // (With the time in it the name is too long.)
  await using bench = new Bench({ path: join(temporaryFolder(), "x".repeat(250)), maxSize: 10 });
  await bench.write("12345678", "12345678", "12345678");
  await bench.write("12345678");
  assert.equal(bench.text, "12345678\n".repeat(4));
  assert.deepEqual([bench.faults.length, bench.stuck], [1, []]);
  bench.passed += 60_000;
  await bench.write("12345678");
  assert.equal(bench.faults.length, 2);
});

test("log file: what is no file is written and never put aside", async () => {
  await using bench = new Bench({ path: "/dev/null", maxSize: 10 });
  await bench.write("12345678", "12345678");
  assert.deepEqual([bench.stuck, bench.faults], [[], []]);
});

test(
  "log file: on a full disk a bounded number waits, and with room again no line is torn",
  needsMount,
  async () => {
    using mount = new Mount(1 << 16);
    await using bench = new Bench({ path: join(mount.folder, "comqtt.log"), maxSize: 1 << 30 });
    const ballast = join(mount.folder, "ballast");
    writeFileSync(ballast, new Uint8Array(40_000));
    const lines = Array.from({ length: 8000 }, (_, i) => `${i} ${"x".repeat(91)}`);
    await bench.write(...lines);
    assert.deepEqual(bench.stuck, ["no space is left on the device"]);
    const before = statSync(bench.path).size;
    rmSync(ballast);
    await until(() => statSync(bench.path).size > before, "more bytes");
    // (The rest has no room either.)
    const written = bench.text.split("\n");
    written.pop();
    assert.deepEqual(written, lines.slice(0, written.length), "in order, none torn, none twice");
  },
);

test("log file: a line that a full disk has torn stands whole in the next file", needsMount, async () => {
  using mount = new Mount(1 << 16);
  const folder = temporaryFolder();
  await using bench = new Bench({ path: join(mount.folder, "comqtt.log") });
  writeFileSync(join(mount.folder, "ballast"), new Uint8Array(40_000));
  const lines = Array.from({ length: 500 }, (_, i) => `${i} ${"x".repeat(97)}`);
  await bench.write(...lines);
  assert.equal(bench.stuck.length, 1);
  const torn = bench.text;
  appendFileSync(join(folder, "copy"), torn);
  rmSync(join(mount.folder, "ballast"));
  rmSync(bench.path);
  await until(() => existsSync(bench.path) && bench.text.endsWith(`${lines.at(-1)}\n`), "the rest");
  const whole = torn.slice(0, torn.lastIndexOf("\n") + 1);
  assert.equal(whole + bench.text, lines.map((line) => `${line}\n`).join(""));
});
