/** Several hooks put in the place of others at once. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { HookError } from "../../src/hook/error.ts";
import type { ConnectOpinion, Hook, Opinion } from "../../src/hook/hook.ts";
import { Server } from "../../src/server/server.ts";
import { MemoryListener } from "../server/memory_listener.ts";
import { until, versions } from "../harness/mod.ts";

interface Gate {
  readonly hook: Hook;
  /** How many wait for an answer. */
  readonly waiting: ((answer: ConnectOpinion) => void)[];
}

/** One whose answers come when the test says so. */
function gate(id: string): Gate {
  const waiting: ((answer: ConnectOpinion) => void)[] = [];
  const hook: Hook = {
    id,
    onConnectAuthenticate: () => new Promise<ConnectOpinion>((resolve) => waiting.push(resolve)),
    onAclCheck: () => "allow",
  };
  return { hook, waiting };
}

function says(id: string, connect: Opinion, acl: Opinion = "allow"): Hook {
  return { id, onConnectAuthenticate: () => connect, onAclCheck: () => acl };
}

async function serving(...hooks: readonly Hook[]): Promise<{ server: Server; listener: MemoryListener }> {
  const server = new Server({ sysTopicInterval: 0, log: () => {} });
  const listener = new MemoryListener("memory");
  for (const hook of hooks) server.addHook(hook);
  await server.addListener(listener);
  await server.serve();
  return { server, listener };
}

function ids(server: Server): string[] {
  return server.hooks.map(({ id }) => id);
}

test("replace hooks: they stand where the first of those stood, and those in both lists stay", async () => {
  const stopped: string[] = [];
  const hook = (id: string): Hook => ({ id, onStopped: () => void stopped.push(id) });
  const [a, b, c, d, e, f] = ["a", "b", "c", "d", "e", "f"].map(hook) as [Hook, Hook, Hook, Hook, Hook, Hook];
  const { server } = await serving(a, b, c, d);
  await using _closed = server;
  await server.replaceHooks([b, d], [e, d, f]);
  assert.deepEqual([ids(server), stopped], [["a", "e", "d", "f", "c"], ["b"]]);
  await server.replaceHooks([a, e, f], []);
  assert.deepEqual([ids(server), stopped], [["d", "c"], ["b", "a", "e", "f"]]);
  await server.replaceHooks([d], [a, d]);
  assert.deepEqual(ids(server), ["a", "d", "c"]);
});

test("replace hooks: when one cannot get ready everything stays as it was, and what was ready is ended", async () => {
  const lines: string[] = [];
  const { server } = await serving(says("old", "allow"));
  await using _closed = server;
  const [old] = server.hooks;
  const fine: Hook = {
    id: "fine",
    init: () => void lines.push("init"),
    onStopped: () => void lines.push("stopped"),
  };
  const broken: Hook = { id: "broken", init: () => Promise.reject(new Error("no")) };
  await assert.rejects(
    server.replaceHooks([old!], [fine, broken]),
    new HookError('Cannot start hook "broken": no', "broken"),
  );
  assert.deepEqual([ids(server), lines], [["old"], ["init", "stopped"]]);
  await assert.rejects(server.replaceHooks([fine], []), /Cannot replace hook "fine": it is not there/);
  await assert.rejects(
    server.replaceHooks([old!], [says("x", "deny"), says("x", "deny")]),
    /one with that id already/,
  );
  await assert.rejects(server.replaceHooks([], [says("old", "deny")]), /one with that id already/);
  assert.deepEqual(ids(server), ["old"]);
});

for (const version of versions) {
  test(`replace hooks: who waits for an answer of one that goes is asked about again, with MQTT version ${version}`, async () => {
    const { hook: slow, waiting } = gate("slow");
    const after = says("after", undefined);
    const { server, listener } = await serving(slow, after);
    await using _closed = server;
    // What the old one would have said counts no more: neither yes, nor no, nor nothing.
    const now: readonly Hook[] = [slow, after];
    for (const old of ["allow", "deny", undefined] as const) {
      for (const [other, expected] of [["allow", true], ["deny", false], [undefined, false]] as const) {
        const client = listener.client(version);
        const answer = client.connect({ clientId: "c" });
        await until(() => waiting.length === 1, "the question");
        const next = [says("one", undefined), says("two", other)];
        await server.replaceHooks(now, next);
        waiting.pop()!(old);
        assert.equal((await answer).reasonCode === 0, expected, `${old} ${other}`);
        client.close();
        await server.replaceHooks(next, now);
      }
    }
  });
}

test("replace hooks: rights that were given away are asked about again", async () => {
  const { server, listener } = await serving(says("one", "allow"));
  await using _closed = server;
  const client = listener.client();
  await client.connect();
  assert.equal(await client.published("t", "", { qos: 1 }), 0x10);
  const next: Hook[] = [{ id: "two", onConnectAuthenticate: () => "allow" }, says("three", "allow", "deny")];
  await server.replaceHooks(server.hooks, next);
  assert.equal(await client.published("t", "", { qos: 1 }), 0x87);
});
