/** Hooks come, get ready, are replaced and go, before a server serves and while it runs. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll, type Hook, HookError, type HookHost, Server } from "../../mod.ts";
import { Hooks } from "../../src/hook/dispatcher.ts";
import { settle } from "../harness/time.ts";
import { MemoryListener } from "../server/memory_listener.ts";

/** Writes down its life. */
class Life implements Hook {
  readonly id: string;
  readonly #lines: string[];
  /** Awaited in `init`. */
  gate: Promise<void> = Promise.resolve();
  fault: Error | null = null;
  host: HookHost | null = null;

  constructor(id: string, lines: string[]) {
    this.id = id;
    this.#lines = lines;
  }

  async init(host: HookHost): Promise<void> {
    this.host = host;
    this.#lines.push(`${this.id} init`);
    await this.gate;
    if (this.fault !== null) throw this.fault;
    this.#lines.push(`${this.id} ready`);
  }

  onStarted(): void {
    this.#lines.push(`${this.id} started`);
  }

  onStopped(): void {
    this.#lines.push(`${this.id} stopped`);
  }

  onPublish(): void {
    this.#lines.push(`${this.id} publish`);
  }
}

function prepared(): { server: Server; listener: MemoryListener; logged: string[] } {
  const logged: string[] = [];
  const server = new Server({ sysTopicInterval: 0, log: (level, text) => logged.push(`${level} ${text}`) });
  const listener = new MemoryListener("memory");
  server.addHook(new AllowAll());
  return { server, listener, logged };
}

test("lifecycle: init is awaited in order, before any listener opens, then everybody is told", async () => {
  const lines: string[] = [];
  const { server, listener } = prepared();
  await server.addListener(listener);
  const open = listener.open.bind(listener);
  listener.open = (host) => (lines.push("open"), open(host));
  const [a, b] = [new Life("a", lines), new Life("b", lines)];
  a.gate = settle();
  server.addHook(a);
  server.addHook(b);
  await server.serve();
  assert.deepEqual(lines.splice(0), [
    "a init",
    "a ready",
    "b init",
    "b ready",
    "open",
    "a started",
    "b started",
  ]);
  await server.close();
  await server.close();
  assert.deepEqual(lines.sort(), ["a stopped", "b stopped"]);
});

test("lifecycle: an init that fails ends serve with the hook's name, and those that were ready end", async () => {
  const lines: string[] = [];
  const { server, listener } = prepared();
  await server.addListener(listener);
  const [a, b, c] = [new Life("a", lines), new Life("b", lines), new Life("c", lines)];
  b.fault = new Error("No such file");
  for (const hook of [a, b, c]) server.addHook(hook);
  await assert.rejects(server.serve(), (error: unknown) => {
    assert.ok(error instanceof HookError);
    assert.equal(error.message, 'Cannot start hook "b": No such file');
    assert.deepEqual([error.hook, error.cause], ["b", b.fault]);
    return true;
  });
  assert.deepEqual(lines, ["a init", "a ready", "b init", "a stopped"]);
  assert.ok(!listener.events.includes("open"));
});

test("lifecycle: a hook that is added while running is asked once it is ready", async () => {
  const lines: string[] = [];
  const { server, listener } = prepared();
  await using _closed = server;
  await server.addListener(listener);
  await server.serve();
  const client = listener.client();
  await client.connect();
  const hook = new Life("h", lines);
  let ready: () => void = () => {};
  hook.gate = new Promise((resolve) => ready = resolve);
  const added = server.addHook(hook);
  await client.published("a", "", { qos: 1 });
  assert.deepEqual(lines, ["h init"]);
  ready();
  await added;
  await client.published("a", "", { qos: 1 });
  assert.deepEqual(lines.splice(0), ["h init", "h ready", "h publish"]);
  assert.equal(await server.removeHook(hook), true);
  assert.equal(await server.removeHook(hook), false);
  await client.published("a", "", { qos: 1 });
  assert.deepEqual(lines.splice(0), ["h stopped"]);
  // It may come back.
  await server.addHook(hook);
  assert.deepEqual(lines, ["h init", "h ready"]);
});

test("lifecycle: an init that fails while running leaves the server as it was", async () => {
  const lines: string[] = [];
  const { server, listener } = prepared();
  await using _closed = server;
  await server.addListener(listener);
  await server.serve();
  const hook = new Life("h", lines);
  hook.fault = new Error("no");
  await assert.rejects(server.addHook(hook), new HookError('Cannot start hook "h": no', "h"));
  assert.equal(server.hooks.length, 1);
  assert.equal((await listener.client().connect()).reasonCode, 0);
  await server.close();
  assert.deepEqual(lines, ["h init"]);
});

test("lifecycle: a hook without init is there when addHook returns, also while running", async () => {
  const { server } = prepared();
  await using _closed = server;
  await server.serve();
  const hook: Hook = { id: "h" };
  const added = server.addHook(hook);
  assert.ok(server.hooks.includes(hook));
  await added;
});

test("lifecycle: the same hook twice is refused, also while it gets ready", async () => {
  const lines: string[] = [];
  const { server } = prepared();
  await using _closed = server;
  const hook = new Life("h", lines);
  await server.addHook(hook);
  await assert.rejects(
    server.addHook(hook),
    new HookError('Cannot add hook "h": it is there already', "h", { code: "hook-exists" }),
  );
  await server.serve();
  const late = new Life("l", lines);
  const [first, second] = await Promise.allSettled([server.addHook(late), server.addHook(late)]);
  assert.equal(first.status, "fulfilled");
  assert.equal(
    (second as PromiseRejectedResult).reason.message,
    'Cannot add hook "l": it is being added already',
  );
  assert.equal(server.hooks.filter((one) => one === late).length, 1);
  assert.equal(lines.filter((line) => line === "l init").length, 1);
});

test("lifecycle: a hook that gets ready while the server closes is ended, and not left behind", async () => {
  const lines: string[] = [];
  const { server } = prepared();
  await server.serve();
  const hook = new Life("h", lines);
  let ready: () => void = () => {};
  hook.gate = new Promise((resolve) => ready = resolve);
  const added = server.addHook(hook);
  await server.close();
  ready();
  await assert.rejects(
    added,
    new HookError('Cannot add hook "h": the server was closed meanwhile', "h", { code: "server-closed" }),
  );
  assert.deepEqual(lines, ["h init", "h ready", "h stopped"]);
  await assert.rejects(
    server.addHook(hook),
    new HookError('Cannot add hook "h": the server is closed', "h", { code: "server-closed" }),
  );
});

test("lifecycle: onStopped is called once, also when a hook is removed after the server has closed", async () => {
  const lines: string[] = [];
  const { server } = prepared();
  const hook = new Life("h", lines);
  server.addHook(hook);
  await server.serve();
  await server.close();
  await server.removeHook(hook);
  assert.deepEqual(lines.filter((line) => line.endsWith("stopped")), ["h stopped"]);
});

test("lifecycle: replacing a hook of a closed server is refused, and the new one is not started", async () => {
  const lines: string[] = [];
  const { server } = prepared();
  const old: Hook = { id: "old" };
  server.addHook(old);
  await server.serve();
  await server.close();
  await assert.rejects(server.replaceHook(old, new Life("new", lines)), {
    name: "HookError",
    message: 'Cannot add hook "new": the server is closed',
  });
  assert.deepEqual(lines, []);
});

test("lifecycle: a hook that is removed while others get ready is not started", async () => {
  const lines: string[] = [];
  const { server } = prepared();
  await using _closed = server;
  const [slow, gone] = [new Life("slow", lines), new Life("gone", lines)];
  slow.gate = settle();
  server.addHook(slow);
  server.addHook(gone);
  const serving = server.serve();
  await server.removeHook(gone);
  await serving;
  assert.deepEqual(lines, ["slow init", "slow ready", "slow started"]);
});

test("lifecycle: a server that never served ends nothing, because nothing was started", async () => {
  const lines: string[] = [];
  const { server } = prepared();
  server.addHook(new Life("h", lines));
  await server.close();
  assert.deepEqual(lines, []);
});

test("lifecycle: a hook is replaced in its place, and there is no moment without access control", async () => {
  const { server, listener, logged } = prepared();
  await using _closed = server;
  await server.removeHook(server.hooks[0]!);
  await server.addListener(listener);
  const decided: string[] = [];
  const guard = (id: string): Hook => ({
    id,
    init: () => settle(),
    onConnectAuthenticate: () => "allow",
    onAclCheck: (_client, action, topic) => {
      if (action === "publish") decided.push(id);
      return topic === "secret" ? "deny" : "allow";
    },
    onStopped: () => void decided.push(`${id} stopped`),
  });
  const asks: string[] = [];
  const after: Hook = { id: "after", onPublish: () => void asks.push("after") };
  let [now, next] = [guard("1"), guard("2")];
  server.addHook(now);
  server.addHook(after);
  await server.serve();
  const client = listener.client();
  await client.connect();
  for (let i = 2; i < 6; i++) {
    const replaced = server.replaceHook(now, next);
    for (let k = 0; k < 5; k++) assert.equal(await client.published("secret", "", { qos: 1 }), 0x87);
    await replaced;
    assert.deepEqual(server.hooks.map(({ id }) => id), [`${i}`, "after"]);
    assert.equal(await client.published("secret", "", { qos: 1 }), 0x87);
    [now, next] = [next, guard(`${i + 1}`)];
  }
  assert.ok(decided.includes("1") && decided.includes("1 stopped") && decided.at(-1) === "5");
  assert.equal(asks.length, 0);
  await assert.rejects(
    server.replaceHook(next, now),
    new HookError('Cannot replace hook "6": it is not there', "6", { code: "hook-not-found" }),
  );
  const failing: Hook = {
    id: "failing",
    init: () => {
      throw new Error("no");
    },
  };
  await assert.rejects(
    server.replaceHook(now, failing),
    new HookError('Cannot start hook "failing": no', "failing"),
  );
  assert.equal(await client.published("secret", "", { qos: 1 }), 0x87);
  assert.deepEqual(logged.filter((line) => line.startsWith("error")), []);
});

test("lifecycle: a hook that replaces another takes the rights it gave away at once", async () => {
  const { server, listener } = prepared();
  await using _closed = server;
  await server.addListener(listener);
  await server.serve();
  const [reader, publisher] = [listener.client(), listener.client()];
  await reader.connect({ clientId: "r" });
  await publisher.connect();
  await reader.subscribe("a");
  await publisher.published("a", "1", { qos: 1 });
  await server.replaceHook(server.hooks[0]!, {
    id: "strict",
    onAclCheck: (_client, action) => action === "deliver" ? "deny" : "allow",
  });
  await publisher.published("a", "2", { qos: 1 });
  publisher.publish("a", "3");
  await publisher.ping();
  assert.deepEqual(await reader.texts(1), ["1"]);
  await reader.silent();
});

test("lifecycle: an onStopped that throws or never ends is reported, and the others end", async () => {
  const { server, logged } = prepared();
  const lines: string[] = [];
  server.addHook({ id: "throws", onStopped: () => Promise.reject(new Error("disk full")) });
  server.addHook({ id: "never", onStopped: () => new Promise(() => {}) });
  server.addHook(new Life("good", lines));
  await server.serve();
  await server.close();
  assert.ok(lines.includes("good stopped"));
  assert.ok(
    logged.includes('warn Hook failed (code=hook-failed hook="throws" method="onStopped" error="disk full")'),
  );
  assert.ok(
    logged.includes(
      'warn Hook failed (code=hook-failed hook="never" method="onStopped" error="no answer within 1500 ms")',
    ),
  );
});

test("lifecycle: a host gives what the server offers, and logs with the hook's name", async () => {
  const { server, logged } = prepared();
  await using _closed = server;
  const hook = new Life("h", []);
  server.addHook(hook);
  await server.serve();
  hook.host!.log("warn", "low on paper");
  assert.ok(logged.includes('warn Hook "h": low on paper (code=hook-says hook="h")'));
  assert.equal(hook.host!.capabilities.maximumQos, 2);
  assert.equal(hook.host!.limits.topicLevels, 128);
  assert.ok(hook.host!.clock.now() > 0);
});

test("lifecycle: a method with nothing in it listens to nothing", () => {
  const hooks = new Hooks(() => {}, 1000);
  let calls = 0;
  hooks.add({
    id: "idle",
    onPublish() {},
    onDeliver: () => {},
    async onSubscribe() {
      // One day.
    },
    onPacketRead(_client, _packet) {/* { nothing } */},
    onWill: () => undefined,
    onPublished(): void {
      calls++;
    },
  });
  const { on } = hooks;
  const heard = [on.onPublish, on.onDeliver, on.onSubscribe, on.onPacketRead].map((list) => list.length);
  assert.deepEqual(heard, [0, 0, 0, 0]);
  assert.deepEqual([on.onWill.length, on.onPublished.length, calls], [1, 1, 0]);
});
