/** Bans that outlive the process, in access.db. */

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { AllowAll } from "../../../../hooks/auth/allow_all.ts";
import { Bans } from "../../../../hooks/auth/bans.ts";
import { BanBook } from "../../../../hooks/auth/bans/book.ts";
import { BanTable } from "../../../../hooks/auth/bans/table.ts";
import { Reasons } from "../../../../src/packets/reason.ts";
import { Server } from "../../../../src/server/server.ts";
import { TcpListener } from "../../../../src/listeners/tcp.ts";
import { temporaryFolder } from "../../../harness/folder.ts";
import { versions } from "../../../harness/mod.ts";
import { socketClient } from "../../../harness/socket_client.ts";

interface Running extends AsyncDisposable {
  readonly bans: Bans;
  readonly port: number;
}

async function running(data: string): Promise<Running> {
  const bans = new Bans({ data });
  const server = new Server({ log: null });
  server.addHook(bans);
  server.addHook(new AllowAll());
  await server.addListener(new TcpListener({ id: "tcp", address: "127.0.0.1:0" }));
  await server.serve();
  const port = Number(server.listeners[0]!.address.split(":").at(-1));
  return { bans, port, [Symbol.asyncDispose]: () => server.close() };
}

for (const version of versions) {
  test(`bans: they hold after a restart, with reason and end (MQTT ${version})`, async () => {
    const data = join(temporaryFolder(), "data");
    const until = Date.now() + 3_600_000;
    {
      await using one = await running(data);
      const client = await socketClient(one.port, version);
      await client.connect({ clientId: "pump" });
      await one.bans.add({ kind: "client", value: "pump", reason: "floods", until });
      await client.refusedWith(Reasons.notAuthorized.code);
      await one.bans.add({ kind: "user", value: "joe" });
      await one.bans.remove({ kind: "user", value: "joe" });
    }
    await using again = await running(data);
    assert.deepEqual(again.bans.list().map(({ since: _, ...ban }) => ban), [
      { kind: "client", value: "pump", reason: "floods", origin: "operator", until },
    ]);
    const client = await socketClient(again.port, version);
    const { reasonCode } = await client.connect({ clientId: "pump" });
    assert.equal(reasonCode, version === 5 ? Reasons.banned.code : 5);
  });
}

test("bans: the database is for its owner alone, and one process has it", async () => {
  const data = join(temporaryFolder(), "data");
  await using _one = await running(data);
  assert.equal(statSync(join(data, "access.db")).mode & 0o777, 0o600);
});

test("bans: what abuse has brought about is kept as well, and goes from the table when its time is over", () => {
  const data = temporaryFolder();
  let now = 1_700_000_000_000;
  const rows = (): unknown[] => {
    const database = new DatabaseSync(join(data, "access.db"));
    const all = database.prepare("SELECT value FROM bans").all();
    database.close();
    return all.map(({ value }) => value);
  };
  const book = new BanBook(new BanTable(data), () => now);
  book.addForAbuse({ kind: "address", value: "192.0.2.7", until: now + 1000 });
  assert.deepEqual(rows(), []);
  book.tick();
  assert.deepEqual(rows(), ["192.0.2.7"]);
  now += 1000;
  book.tick();
  assert.deepEqual(rows(), []);
  book.addForAbuse({ kind: "address", value: "192.0.2.8", until: now + 1000 });
  book.close();
  assert.deepEqual(rows(), ["192.0.2.8"]);
});

test("bans: abuse never shortens an operator's ban, and has a bound of its own", () => {
  const book = new BanBook(null, () => 0);
  void book.add({ kind: "address", value: "10.0.0.0" });
  for (let i = 0; i < 10_100; i++) {
    book.addForAbuse({ kind: "address", value: `10.0.${i >> 8}.${i & 255}`, until: 1000 });
  }
  assert.equal(book.get({ kind: "address", value: "10.0.0.0" })?.until, null);
  assert.equal(book.list().length, 10_001);
  assert.equal(book.find({ address: "10.0.0.1:5" }), null);
  assert.notEqual(book.find({ address: "10.0.39.1:5" }), null);
});

test("bans: a row that is none is an error that says which", () => {
  const data = temporaryFolder();
  new BanTable(data).close();
  const database = new DatabaseSync(join(data, "access.db"));
  database.exec("INSERT INTO bans VALUES ('network', '10.0.0.0/99', '', 'operator', 0, NULL)");
  database.close();
  const table = new BanTable(data);
  assert.throws(
    () => table.load(),
    /Cannot read the bans of ".*access\.db": Cannot ban the network "10\.0\.0\.0\/99"/,
  );
  table.close();
});
