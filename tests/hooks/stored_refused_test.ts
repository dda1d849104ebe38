/** What an earlier run left and cannot be used, and hooks that cannot say what it was. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll, type Hook, HookError, Server } from "../../mod.ts";
import { MemoryListener } from "../server/memory_listener.ts";
import { untyped } from "./fixtures.ts";
import { client, type Data, inflight, kept, message, serving, storage, subscription } from "./stored.ts";

test("stored: the first hook that has anything counts, event by event", async () => {
  const asked: string[] = [];
  const hook = (id: string, data: Data, answer: "empty" | "undefined" | "data"): Hook => {
    const from = storage(data);
    const give = <T>(what: string, items: () => T): T | undefined => {
      asked.push(`${id} ${what}`);
      return answer === "undefined" ? undefined : items();
    };
    return {
      id,
      storedClients: () => give("clients", () => from.storedClients!()),
      storedRetainedMessages: () => give("retained", () => from.storedRetainedMessages!()),
    };
  };
  const { server } = await serving([
    hook("none", {}, "undefined"),
    hook("empty", {}, "empty"),
    hook("first", { clients: [client("a")] }, "data"),
    hook(
      "second",
      { clients: [client("b"), client("c")], retained: [message("r", "x", { retain: true })] },
      "data",
    ),
  ]);
  await using _closed = server;
  assert.deepEqual(asked, [
    "none clients",
    "empty clients",
    "first clients",
    "none retained",
    "empty retained",
    "first retained",
    "second retained",
  ]);
  assert.deepEqual([server.info().clients_total, server.info().retained], [1, 1]);
});

test("stored: what was refused, is no filter, or belongs to nobody is left out", async () => {
  const { server } = await serving([storage({
    clients: [client("c")],
    subscriptions: [
      subscription("c", "good"),
      subscription("c", "refused", { qos: 0x87 as 0 }),
      subscription("c", "a/#/b"),
      subscription("c", ""),
      subscription("c", "$share/g"),
      subscription("c", "$share//a"),
      subscription("nobody", "a"),
    ],
    inflight: [
      inflight("nobody", 1, "x"),
      inflight("c", 70_000, "x"),
      inflight("c", -1, "x"),
      inflight("c", 5, "x"),
      inflight("c", 5, "twice"),
    ],
  })]);
  await using _closed = server;
  assert.deepEqual([server.stats.subscriptions, server.stats.inflight, server.stats.queued], [1, 1, 0]);
});

test("stored: no more QoS is granted than the server offers now", async () => {
  const server = new Server({ sysTopicInterval: 0, capabilities: { maximumQos: 1 } });
  await using _closed = server;
  const listener = new MemoryListener("memory");
  await server.addListener(listener);
  server.addHook(new AllowAll());
  server.addHook(storage({ clients: [client("c")], subscriptions: [subscription("c", "a")] }));
  await server.serve();
  const c = listener.client();
  await c.connect(kept("c"));
  c.publish("a", "x", { qos: 1 });
  assert.equal((await c.pick(3)).qos, 1);
});

const events = [
  "storedClients",
  "storedSubscriptions",
  "storedInflightMessages",
  "storedRetainedMessages",
  "storedSysInfo",
] as const;

for (const event of events) {
  const wrong: Record<string, () => unknown> = {
    throws: () => {
      throw new Error("disk on fire");
    },
    rejects: () => Promise.reject(new Error("disk on fire")),
  };
  if (event !== "storedSysInfo") {
    wrong["fails in the middle"] = async function* (): AsyncGenerator<unknown> {
      yield await Promise.resolve(client("c"));
      throw new Error("disk on fire");
    };
    wrong["answers text"] = () => "abc";
    wrong["answers a number"] = () => 5;
    wrong["answers texts"] = () => ["abc"];
    wrong["throws what cannot be shown"] = () => {
      throw { toString: (): never => assert.fail("not shown") };
    };
    wrong["answers nothing in a list"] = () => [null];
  }
  for (const [what, answer] of Object.entries(wrong)) {
    test(`stored: ${event} that ${what} ends serve, and no listener opens`, async () => {
      const server = new Server({ sysTopicInterval: 0 });
      const listener = new MemoryListener("memory");
      await server.addListener(listener);
      let ended = 0;
      server.addHook({ id: "other", onStopped: () => void ended++ });
      server.addHook(untyped("broken", { [event]: answer }));
      await assert.rejects(server.serve(), (error: unknown) => {
        assert.ok(error instanceof HookError);
        assert.equal(error.hook, "broken");
        assert.match(error.message, new RegExp(`^Cannot restore from hook "broken", ${event}: `));
        return true;
      });
      assert.deepEqual(listener.events.includes("open"), false);
      assert.equal(ended, 1);
    });
  }

  test(`stored: ${event} that answers null has nothing`, async () => {
    const { server } = await serving([untyped("null", { [event]: () => null })]);
    await server.close();
  });
}
