/** Where there can be no database the broker does not start, and says why. */

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Mount, needsMount } from "./mount.ts";
import { Broker, withBroker, withLog } from "./process.ts";

async function refuses(path: string, why: RegExp): Promise<void> {
  await using broker = new Broker({ path });
  try {
    assert.equal(await broker.refuses(), 1);
    assert.match(broker.log, why);
    assert.doesNotMatch(broker.log, /^port /m);
  } catch (error) {
    throw withLog(error, broker);
  }
}

test("refused: a directory that cannot be made", () =>
  withBroker({}, async ({ folder }) => {
    writeFileSync(join(folder, "file"), "");
    await refuses(
      join(folder, "file", "data", "comqtt.db"),
      /^fatal: Cannot use ".*file\/data" as a directory: it is a file/m,
    );
  }));

test("refused: a file in the place of the directory", () =>
  withBroker({}, async ({ folder }) => {
    writeFileSync(join(folder, "file"), "");
    await refuses(
      join(folder, "file", "comqtt.db"),
      /^fatal: Cannot use ".*file" as a directory: it is a file/m,
    );
  }));

test("refused: a directory in the place of the database", () =>
  withBroker({}, async ({ folder }) => {
    mkdirSync(join(folder, "data"));
    await refuses(join(folder, "data"), /^fatal: Cannot use ".*data" as a database: it is not a file$/m);
  }));

test("refused: a file system that is read-only", needsMount, async () => {
  using mount = new Mount(1 << 20);
  mount.seal();
  const advice = "it has to be a file, in a directory, that may be read and written";
  await refuses(
    join(mount.folder, "comqtt.db"),
    new RegExp(`^fatal: Cannot make the file ".*comqtt.db-lock": .*; ${advice}$`, "m"),
  );
  await refuses(
    join(mount.folder, "data", "comqtt.db"),
    new RegExp(`^fatal: Cannot make the directory ".*data": .*; ${advice}$`, "m"),
  );
});

test("refused: a database on a file system that has become read-only", needsMount, async () => {
  using mount = new Mount(1 << 23);
  const path = join(mount.folder, "comqtt.db");
  await withBroker({ path }, async (broker) => {
    await broker.start();
    const client = await broker.client(5, "client");
    await client.published("a", "kept", { qos: 1, retain: true });
    await client.lose();
    await broker.stop();
  });
  mount.seal();
  await refuses(path, /^fatal: Cannot .*comqtt\.db.*; it has to be a file, in a directory, that may be/m);
});

test("refused: a disk that is full", needsMount, async () => {
  using mount = new Mount(1 << 16);
  fill(mount.folder);
  await refuses(join(mount.folder, "comqtt.db"), /^fatal: Cannot .*comqtt\.db.*; make room on the disk$/m);
});

function fill(folder: string): void {
  try {
    for (;;) writeFileSync(join(folder, "ballast"), new Uint8Array(4096), { flag: "a" });
  } catch {
    // That is what was wanted.
  }
}

test("refused: a database that another broker has open, which goes on undisturbed", () =>
  withBroker({}, async (first) => {
    await first.start();
    const client = await first.client(5, "client");
    await client.subscribe("a", 1);
    await client.lose();
    const publisher = await first.client(5, "publisher");
    for (let i = 0; i < 3; i++) {
      await refuses(
        first.path,
        /^fatal: Cannot open the database ".*": another server has it open; stop the other/m,
      );
      await publisher.published("a", `message ${i}`, { qos: 1 });
    }
    assert.ok(first.running);
    await first.kill();
    assert.deepEqual(readdirSync(first.folder).filter((name) => name.includes("damaged")), []);
    // A dead process has no lock.
    await first.start();
    const back = await first.client(5, "client");
    assert.deepEqual(await back.texts(3), ["message 0", "message 1", "message 2"]);
  }));
