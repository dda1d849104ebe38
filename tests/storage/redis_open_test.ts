/** Who may use what is under a prefix, and what is said when a Redis cannot be used. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { RedisDriver } from "../../hooks/storage/redis/driver.ts";
import { RedisStorage, type RedisStorageOptions } from "../../hooks/storage/redis.ts";
import { StorageError, type StorageFault } from "../../src/storage/error.ts";
import { until } from "../harness/time.ts";
import { needsRedisServer, type RedisOptions, RedisServer } from "../services/redis.ts";
import { RedisBench, refusedCommit } from "./redis_bench.ts";
import { holdRedisInAnotherProcess } from "./redis_holder.ts";
import { delivery, message, session } from "./samples.ts";
import { loaded } from "./snapshot.ts";

function certificate(name: string): string {
  return fileURLToPath(new URL(`../fixtures/tls/${name}`, import.meta.url));
}

function check(
  what: string,
  options: RedisOptions,
  run: (server: RedisServer, bench: RedisBench) => Promise<void>,
): void {
  test(`redis: ${what}`, needsRedisServer, async () => {
    await using server = await RedisServer.start(options);
    await using bench = new RedisBench(server, { lockTime: 1000 });
    await run(server, bench);
  });
}

async function refused(
  bench: RedisBench,
  options: RedisStorageOptions,
  what: RegExp,
  fault: StorageFault,
): Promise<string> {
  let said = "";
  await assert.rejects(bench.openWith(options), (error: unknown) => {
    assert.ok(error instanceof StorageError, String(error));
    assert.match(error.message, what);
    assert.equal(error.fault, fault, error.message);
    said = `${error.message} ${error.place} ${String(error.cause)}`;
    return true;
  });
  return said;
}

check("a second server on the same keys is refused while the first lives", {}, async (_, bench) => {
  const storage = await bench.open();
  const why =
    /^Cannot open the storage in Redis at ".*": another server \(process \d+.*\) has the keys .*; stop it, or/;
  await refused(bench, {}, why, "in use");
  storage.putSession(session("one"));
  await storage.commit();
  await bench.openWith({ prefix: "another:" });
  await storage.close();
  assert.equal((await loaded(await bench.openWith())).sessions.size, 1);
});

check(
  "a process that is killed leaves what it committed, and its lock runs out",
  {},
  async (server, bench) => {
    const holder = await holdRedisInAnotherProcess(server.url, bench.prefix);
    try {
      await refused(bench, {}, /another server/, "in use");
    } finally {
      await holder.kill();
    }
    const found = await loaded(await bench.openWith());
    assert.deepEqual([...found.sessions.keys()], ["held"]);
    assert.match(
      bench.host.logged.at(-1)!,
      /^warn: Another server \(process \d+.*waiting up to \d+ ms whether it is alive$/,
    );
  },
);

check("a process that closes its storage ends by itself, and its lock is gone", {}, async (server, bench) => {
  const holder = await holdRedisInAnotherProcess(server.url, bench.prefix);
  assert.equal(await holder.end(), 0);
  assert.equal(await (await bench.client()).exists(`${bench.prefix}owner`), 0);
  assert.equal((await loaded(await bench.openWith())).retainedMessages.size, 1);
});

check("who lost its lock to another server writes no more", {}, async (_, bench) => {
  const first = await bench.open();
  first.putSession(session("one"));
  await first.commit();
  const client = await bench.client();
  await client.del(`${bench.prefix}owner`);
  const second = await bench.open();
  first.putRetained(message({ topic: "late" }));
  const why = /^Cannot write to Redis at ".*": another server \(process \d+.*\) has the keys/;
  assert.match(await refusedCommit(first, "in use"), why);
  assert.match(first.failing!.message, why);
  second.putRetained(message({ topic: "good" }));
  await second.commit();
  await second.close();
  // Nobody has it now, and it still isn't the first one's: what is there is newer.
  await refusedCommit(first, "in use");
  await first.close()?.catch((error: StorageError) => assert.equal(error.fault, "in use"));
  const found = await loaded(await bench.openWith());
  assert.deepEqual([...found.retainedMessages.keys()], ["good"]);
  assert.equal(bench.host.logged.filter((line) => line.includes("did not answer for too long")).length, 1);
});

check("another server that came and went is noticed, too", {}, async (_, bench) => {
  const first = await bench.open();
  await (await bench.client()).del(`${bench.prefix}owner`);
  const second = await bench.open();
  second.putSession(session("two"));
  await second.close();
  first.putSession(session("one"));
  await refusedCommit(first, "in use");
  assert.deepEqual([...(await loaded(await bench.openWith())).sessions.keys()], ["two"]);
});

check("a lock that ran out while nobody came is taken again", {}, async (_, bench) => {
  const storage = await bench.open();
  const client = await bench.client();
  await client.del(`${bench.prefix}owner`);
  storage.putSession(session("one"));
  await storage.commit();
  await refused(bench, {}, /another server/, "in use");
  await client.del(`${bench.prefix}owner`);
  // Even when nothing is committed.
  await until(async () => await client.exists(`${bench.prefix}owner`) === 1, "the lock");
});

check(
  "the lock of a server that died stays no longer because the clock of Redis was put back",
  {},
  async (_, bench) => {
    const storage = await bench.open();
    storage.putSession(session("one"));
    await storage.commit();
    (storage as RedisDriver).abandon();
    // What was to run out by a clock runs out an hour later.
    const client = await bench.client();
    assert.equal(await client.pexpire(`${bench.prefix}owner`, 3_600_000), 1);
    assert.deepEqual([...(await loaded(await bench.openWith())).sessions.keys()], ["one"]);
  },
);

check("a server that lives is found to live when the clock of Redis was put back", {}, async (_, bench) => {
  await bench.open();
  const client = await bench.client();
  assert.equal(await client.pexpire(`${bench.prefix}owner`, 3_600_000), 1);
  await refused(bench, {}, /another server/, "in use");
});

check("its lock is renewed while it commits all the time", {}, async (_, bench) => {
  const storage = await bench.open();
  const client = await bench.client();
  let renewed = 0;
  let before = 1000;
  await until(async () => {
    for (let i = 0; i < 20; i++) {
      storage.putCounters({ bytesSent: i });
      await storage.commit();
    }
    const left = await client.pttl(`${bench.prefix}owner`);
    if (left > before) renewed++;
    before = left;
    return renewed >= 2;
  }, "the lock to be renewed");
  assert.deepEqual(bench.host.logged, []);
});

check("a later version's keys are left as they are", {}, async (_, bench) => {
  const client = await bench.client();
  await client.hset(`${bench.prefix}meta`, "format", "2");
  await refused(bench, {}, /is of version 2, this program knows version 1; use the version/, "newer");
  assert.deepEqual(await client.keys("*"), [`${bench.prefix}meta`]);
});

check("keys of another program are left as they are", {}, async (_, bench) => {
  const client = await bench.client();
  await client.set(`${bench.prefix}meta`, "mine");
  await refused(bench, {}, /WRONGTYPE .*; another program has written there: use another prefix/, "damaged");
  assert.equal(await client.get(`${bench.prefix}meta`), "mine");
});

test("redis: a Redis that does not run is named", needsRedisServer, async () => {
  await using server = await RedisServer.start();
  await using bench = new RedisBench(server);
  await server.kill();
  await refused(
    bench,
    {},
    /^Cannot open the storage in Redis at "127\.0\.0\.1:\d+\/0": .*ECONNREFUSED.*; look whether Redis runs/,
    "input/output",
  );
});

check("a Redis that does not answer is given up", {}, async (server, bench) => {
  server.hang();
  await refused(bench, { timeout: 200 }, /it did not answer within 200 ms/, "input/output");
  server.go();
});

check("a wrong password is said and not shown", { password: "right-secret" }, async (server, bench) => {
  const url = server.url.replace("right-secret", "wrong-secret");
  for (const options of [{ url }, { url: url.replace("//:", "//someone:") }]) {
    const said = await refused(bench, options, /WRONGPASS.*; look at user name and password/, "unusable");
    assert.doesNotMatch(said, /secret/);
  }
  const { port } = new URL(url);
  const bare = new RedisBench(server, { url: `redis://127.0.0.1:${port}` });
  await refused(bare, {}, /NOAUTH/, "unusable");
  const storage = await bench.openWith();
  storage.putSession(session("one"));
  await storage.commit();
  assert.doesNotMatch(`${storage.promise} ${bench.host.logged.join()}`, /secret/);
});

check(
  "over TLS its certificate is looked at, and the password goes to nobody else",
  { password: "right-secret", tls: { cert: certificate("server.crt"), key: certificate("server.key") } },
  async (server, bench) => {
    const url = `rediss://:right-secret@localhost:${server.tlsPort}`;
    const tls = { ca: readFileSync(certificate("authority.crt"), "utf8") };
    const storage = await bench.openWith({ url, tls });
    storage.putSession(session("one"));
    await storage.commit();
    await storage.close();
    assert.deepEqual([...(await loaded(await bench.openWith({ url, tls }))).sessions.keys()], ["one"]);
    for (const ca of [undefined, readFileSync(certificate("other_authority.crt"), "utf8")]) {
      const said = await refused(
        bench,
        { url, prefix: "other:", ...(ca === undefined ? {} : { tls: { ca } }) },
        /certificate/,
        "input/output",
      );
      assert.doesNotMatch(said, /secret/);
    }
  },
);

check("a database that is not there is refused, another one than 0 is used", {}, async (server, bench) => {
  await refused(
    bench,
    { database: 16 },
    /DB index is out of range; look at the number of the database/,
    "unusable",
  );
  const storage = await bench.openWith({ url: `${server.url}/3` });
  await storage.close();
  const client = await bench.client();
  assert.equal(await client.dbsize(), 0);
  await client.select(3);
  assert.equal(await client.dbsize(), 1);
});

check("a Unix socket is as good", {}, async (server, bench) => {
  const storage = await bench.openWith({ url: server.path });
  storage.putSession(session("one"));
  await storage.close();
  assert.ok(storage.promise.includes(server.path), storage.promise);
  assert.equal((await loaded(await bench.openWith())).sessions.size, 1);
});

check("a replica is refused", {}, async (server) => {
  const { port } = new URL(server.url);
  await using replica = await RedisServer.start({ more: ["--replicaof", "127.0.0.1", port] });
  await using bench = new RedisBench(replica);
  await refused(bench, {}, /it is a read-only replica; use the address of its master/, "unusable");
});

check("a user who may do no more than is needed is enough", {}, async (server, bench) => {
  const client = await bench.client();
  const commands =
    "+eval +evalsha +get +set +del +unlink +pexpire +pttl +hget +hmget +hset +hdel +hlen +hscan +hgetall " +
    "+hexists +hincrby +zadd +zcard +zrange +zrangebyscore +zremrangebyscore";
  await client.call("ACL", [
    "SETUSER",
    "mqtt",
    "on",
    ">pass",
    `~${bench.prefix.split(" ")[0]}*`,
    ...commands.split(" "),
  ]);
  const url = server.url.replace("//", "//mqtt:pass@");
  const storage = await bench.openWith({ url });
  await loaded(storage);
  assert.match(storage.promise, /depends on its settings, which it does not show$/);
  storage.putSession(session("one"));
  storage.putDelivery("one", delivery(1));
  await storage.commit();
  storage.sentDelivery("one", 1, 1);
  await storage.commit();
  storage.deleteSession("one");
  await storage.commit();
  await client.call("ACL", ["SETUSER", "mqtt", "-zadd"]);
  await storage.close();
  await client.call("ACL", ["SETUSER", "mqtt", "-set"]);
  await refused(
    bench,
    { url },
    /can't run this command.*; allow the user the keys of the prefix, and the commands that/,
    "unusable",
  );
});

const promises = [
  [
    ["--appendonly", "yes", "--appendfsync", "always"],
    /survives a power failure there \(appendfsync always\)$/,
  ],
  [
    ["--appendonly", "yes", "--appendfsync", "everysec"],
    /the last second may be lost \(appendfsync everysec\)$/,
  ],
  [["--appendonly", "yes", "--appendfsync", "no"], /may be lost \(appendfsync no\)$/],
  [["--save", "3600 1"], /after its last snapshot is lost \(no append-only file\)$/],
  [[], /everything is lost \(no append-only file, no snapshots\)$/],
] as const;
for (const [more, expected] of promises) {
  check(`what is promised follows from ${more.join(" ") || "its settings"}`, { more }, async (_, bench) => {
    const storage = await bench.openWith();
    assert.match(storage.promise, expected);
    assert.match(
      storage.promise,
      /^what is acknowledged is in Redis at "127\.0\.0\.1:\d+\/0", prefix "test .*:"/,
    );
    assert.deepEqual(bench.host.logged, []);
  });
}

check(
  "one that throws data away is warned of",
  { more: ["--maxmemory-policy", "allkeys-lru"] },
  async (_, bench) => {
    await bench.openWith();
    assert.match(
      bench.host.logged.join(),
      /^warn: Redis at .* \(maxmemory-policy allkeys-lru\): set it to noeviction$/,
    );
  },
);

test("redis: options that make no sense are refused", () => {
  const made = (options: RedisStorageOptions) => (): RedisStorage => new RedisStorage(options);
  assert.throws(made({ url: "http://me:secret@host" }), (error: Error) => {
    assert.match(
      error.message,
      /^Cannot use the url of Redis: redis:\/\/user:password@host:port\/database, rediss/,
    );
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
  for (
    const options of [
      { url: "redis://host/0?password=secret" },
      { url: "redis://:a#secret@host" },
      { address: "redis://:secret@host:1" },
    ]
  ) {
    assert.throws(made(options), (error: Error) => {
      assert.match(error.message, /^Cannot use (the url|this as the address) of Redis: /);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
  assert.throws(made({ url: "redis://host/x" }), /the url of Redis/);
  assert.throws(made({ url: "redis://host", address: "host:1" }), /one of them is needed/);
  assert.throws(made({ address: "host:0" }), /Cannot use "host:0" as the address of Redis: host:port, or/);
  assert.throws(made({ address: "" }), /the address of Redis/);
  assert.throws(made({ database: 1.5 }), /a whole number from 0/);
  assert.throws(made({ prefix: "" }), /the prefix of keys/);
  assert.throws(made({ timeout: 1 }), /100 to 600000 milliseconds/);
  assert.throws(made({ lockTime: 1 }), /1000 to 600000 milliseconds/);
  assert.throws(made({ username: "me" }), /without a password/);
});

test("redis: a storage that is not open loads no package and keeps nothing", async () => {
  const { storage } = new RedisStorage();
  assert.equal(storage.dirty, false);
  assert.equal(storage.failing, null);
  assert.equal((storage as RedisDriver).name, "redis");
  await storage.close();
});
