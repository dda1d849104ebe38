/** Mistakes of the program that embeds the server: each is said at once, with what was meant. */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AllowAll } from "../../hooks/auth/allow_all.ts";
import { Ledger } from "../../hooks/auth/ledger.ts";
import { Debug } from "../../hooks/debug.ts";
import { MemoryStorage } from "../../hooks/storage/memory.ts";
import { RedisStorage } from "../../hooks/storage/redis.ts";
import { SqliteStorage } from "../../hooks/storage/sqlite.ts";
import { StatsListener } from "../../dashboard/stats_listener.ts";
import type { LogEvent } from "../../src/core/log.ts";
import { HealthListener } from "../../src/listeners/health.ts";
import { HttpListener } from "../../src/listeners/http.ts";
import { MemoryListener } from "../../src/listeners/memory.ts";
import { SocketListener } from "../../src/listeners/socket.ts";
import { TcpListener } from "../../src/listeners/tcp.ts";
import { UnixListener } from "../../src/listeners/unix.ts";
import { WebSocketListener } from "../../src/listeners/websocket.ts";
import { Server } from "../../src/server/server.ts";

/** What a program without types may give. */
// deno-lint-ignore no-explicit-any -- that is what it is about
type Anything = any;

function refuses(what: string, act: () => unknown, message: string | RegExp): void {
  test(`misuse: ${what}`, async () => {
    // (A mistake is thrown, or rejects where the method answers a promise.)
    await assert.rejects(async () => await act(), (error: unknown) => {
      assert.ok(error instanceof TypeError, `a TypeError, not ${error}`);
      if (typeof message === "string") assert.equal(error.message, message);
      else assert.match(error.message, message);
      assert.doesNotMatch(error.message, /hunter2/);
      return true;
    });
  });
}

const quiet = { log: null, sysTopicInterval: 0 } as const;
const server = (options: Anything = {}): Anything => new Server({ ...quiet, ...options });
const at = "127.0.0.1:0";

// --- the server ---

refuses(
  "an option that is misspelt",
  () => server({ limts: {} }),
  'Unknown option of new Server: "limts", did you mean "limits"',
);
refuses(
  "an option there is nothing like of",
  () => server({ flavour: 1 }),
  /^Unknown option of new Server: "flavour", expected one of capabilities, limits, /,
);
refuses(
  "a limit that is misspelt",
  () => server({ limits: { packetsize: 1 } }),
  'Unknown option of limits: "packetsize", did you mean "packetSize"',
);
refuses(
  "a capability that is misspelt",
  () => server({ capabilities: { maximumQoS: 1 } }),
  'Unknown option of capabilities: "maximumQoS", did you mean "maximumQos"',
);
refuses(
  "a limit that is a text",
  () => server({ limits: { packetSize: "1MiB" } }),
  'Cannot use "1MiB" as packetSize of limits: expected a number',
);
refuses(
  "a capability that is no boolean",
  () => server({ capabilities: { retainAvailable: "no" } }),
  'Cannot use "no" as retainAvailable of capabilities: expected true or false',
);
refuses(
  "limits that are none",
  () => server({ limits: 5 }),
  "Cannot use 5 as limits of new Server: expected an object",
);
refuses(
  "options that are none",
  () => new Server(null as Anything),
  /^Cannot use null as the options of new Server: expected an object such as/,
);
refuses(
  "options that are a list",
  () => new Server([] as Anything),
  /^Cannot use a list as the options of new Server/,
);
refuses(
  "a log that is an object",
  () => server({ log: console }),
  "Cannot use an object as log of new Server: expected a function, or null for silence",
);
refuses(
  "a level there is none of",
  () => server({ logLevel: "warning" }),
  /^Cannot use "warning" as logLevel of new Server: (did you mean "warn"|expected one of)/,
);
refuses(
  "a queueFull there is none of",
  () => server({ queueFull: "drop-odlest" }),
  'Cannot use "drop-odlest" as queueFull of new Server: did you mean "drop-oldest"',
);
refuses(
  "a clock that is none",
  () => server({ clock: new Date() }),
  "Cannot use an object as clock of new Server: expected a Clock with now() and every()",
);

test("misuse: an option that is undefined is left out", async () => {
  await using made = server({
    limits: { packetSize: undefined },
    queueFull: undefined,
    clock: undefined,
  }) as Server;
  await made.serve();
});

// --- hooks ---

const add = (hook: Anything) => () => server().addHook(hook);
class Named {
  id = "named";
}

refuses(
  "addHook of a class",
  add(AllowAll),
  "Cannot add a hook: expected an object, got the class AllowAll, did you mean new AllowAll(...)",
);
refuses("addHook of null", add(null), "Cannot add a hook: expected an object, got null");
refuses("addHook of nothing", add(undefined), "Cannot add a hook: expected an object, got undefined");
refuses("addHook of a function", add(() => {}), "Cannot add a hook: expected an object, got a function");
refuses(
  "addHook of a promise",
  add(Promise.resolve(new AllowAll())),
  "Cannot add a hook: expected an object, got a promise, did you mean to await it",
);
refuses(
  "addHook without an id",
  add({ onPublish: () => {} }),
  "Cannot add a hook: its id has to be a string that is not empty, it has none",
);
refuses(
  "addHook with an id that is a number",
  add({ id: 5 }),
  "Cannot add a hook: its id has to be a string that is not empty, got 5",
);
refuses(
  "addHook with an event that is no function",
  add({ id: "a", onPublish: true }),
  'Cannot add hook "a": onPublish has to be a function, got true',
);
for (
  const [wrong, meant] of [
    ["onPublsh", "onPublish"],
    ["onpublish", "onPublish"],
    ["OnACLCheck", "onAclCheck"],
    ["onConnected", "onConnect"],
    ["onStart", "onStarted"],
    ["Init", "init"],
    ["storedClient", "storedClients"],
  ] as const
) {
  refuses(
    `addHook with ${wrong}`,
    add({ id: "a", [wrong]: () => {} }),
    `Cannot add hook "a": there is no event "${wrong}", did you mean "${meant}"`,
  );
}
refuses(
  "addHook with an event there is nothing like of",
  add({ id: "a", onMessage: () => {} }),
  'Cannot add hook "a": there is no event "onMessage", docs/hooks.md has all of them',
);
refuses(
  "addHook of a class with a misspelt event",
  add(
    new class extends Named {
      onSubcribe(): void {}
    }(),
  ),
  'Cannot add hook "named": there is no event "onSubcribe", did you mean "onSubscribe"',
);
refuses("replaceHook with a misspelt event", () => {
  const made = server();
  const hook = new AllowAll();
  made.addHook(hook);
  return made.replaceHook(hook, { id: "b", onPublsh: () => {} });
}, /did you mean "onPublish"$/);
refuses(
  "replaceHook of null",
  () => server().replaceHook(null, new AllowAll()),
  "Cannot replace a hook: expected an object, got null",
);

refuses("two hooks with one id", async () => {
  const made = server();
  await made.addHook({ id: "a" });
  await made.addHook({ id: "a" });
}, 'Cannot add hook "a": there is one with that id already');
refuses("two hooks with one id, the second while the first gets ready", async () => {
  const made = server();
  await made.serve();
  const ready = Promise.withResolvers<void>();
  const first = made.addHook({ id: "a", init: () => ready.promise });
  try {
    await made.addHook({ id: "a", init: () => {} });
  } finally {
    ready.resolve();
    await first;
    await made.close();
  }
}, 'Cannot add hook "a": one with that id is being added already');

test("misuse: a hook is replaced by one with its id, but not by one with the id of another", async () => {
  await using made = server() as Server;
  const first = { id: "a" };
  await made.addHook(first);
  await made.addHook({ id: "b" });
  await assert.rejects(made.replaceHook(first, { id: "b" }), TypeError);
  await made.replaceHook(first, { id: "a" });
  await made.serve();
});

/** What a server says. */
function told(): { events: LogEvent[]; server: Server } {
  const events: LogEvent[] = [];
  return {
    events,
    server: new Server({
      sysTopicInterval: 0,
      log: (_level, _text, event) => void (event !== undefined && events.push(event)),
    }),
  };
}

test("misuse: methods of a class's own are its own; one that looks like an event is warned of", async () => {
  const { events, server: made } = told();
  await using _end = made;
  class Helpful {
    readonly id = "helpful";
    /** (A getter is not called.) */
    get onTrap(): never {
      throw new Error("it was called");
    }
    connect(): void {}
    published(): void {}
    stored(): void {}
    once(): void {}
    #onPublsh(): void {}
    onPublish(): void {
      this.#onPublsh();
    }
    onReconnect(): void {}
    onMessage(): void {}
  }
  await made.addHook(new class extends Helpful {}());
  assert.deepEqual(events, [
    {
      code: "hook-method-unknown",
      hook: "helpful",
      method: "onReconnect",
      detail: 'did you mean "onConnect"',
    },
    {
      code: "hook-method-unknown",
      hook: "helpful",
      method: "onMessage",
      detail: "it is called only if the hook calls it",
    },
  ]);
});

test("misuse: the hooks that come with it are hooks", async () => {
  const { events, server: made } = told();
  await using _end = made;
  await made.addHook(new AllowAll());
  await made.addHook(new Ledger());
  await made.addHook(new Debug());
  await made.addHook(new MemoryStorage());
  await made.addHook(new SqliteStorage({ path: "x" }));
  await made.addHook(new RedisStorage());
  await made.addHook(Object.assign(Object.create(null), { id: "bare" }));
  assert.deepEqual(events, []);
});

refuses(
  "an option of the debug hook",
  () => new Debug({ topic: ["a"] } as Anything),
  'Unknown option of new Debug: "topic", did you mean "topics"',
);
refuses(
  "an option of the ledger",
  () => new Ledger({}, { fallBack: "abstain" } as Anything),
  'Unknown option of new Ledger: "fallBack", did you mean "fallback"',
);
refuses(
  "a fallback of the ledger there is none of",
  () => new Ledger({}, { fallback: "deny" } as Anything),
  /^Cannot use "deny" as fallback of new Ledger/,
);
refuses(
  "an option of the SQLite storage",
  () => new SqliteStorage({ file: "x" } as Anything),
  /^Unknown option of new SqliteStorage: "file", expected one of path, /,
);
refuses(
  "an option of the Redis storage",
  () => new RedisStorage({ passwort: "hunter2" } as Anything),
  'Unknown option of new RedisStorage: "passwort", did you mean "password"',
);
refuses(
  "a password of the Redis storage that is a number",
  () => new RedisStorage({ password: 1234 } as Anything),
  "Cannot use a number as password of new RedisStorage: expected a string",
);

// --- listeners ---

for (
  const [name, kind] of Object.entries({
    TcpListener,
    WebSocketListener,
    HealthListener,
    StatsListener,
    HttpListener,
  })
) {
  const make = (options: Anything) => () => new (kind as Anything)(options);
  const handler = kind === HttpListener ? { handler: () => new Response() } : {};
  refuses(
    `${name} without an address`,
    make({ id: "a", ...handler }),
    `Cannot make a ${name} without address: expected a string, got undefined`,
  );
  refuses(
    `${name} without an id`,
    make({ address: at, ...handler }),
    `Cannot make a ${name} without id: expected a string that is not empty, got undefined`,
  );
  refuses(
    `${name} with a port for its address`,
    make({ id: "a", address: 1883, ...handler }),
    `Cannot use 1883 as address of new ${name}: expected a string`,
  );
  refuses(
    `${name} with adress`,
    make({ id: "a", adress: at, ...handler }),
    `Unknown option of new ${name}: "adress", did you mean "address"`,
  );
  refuses(
    `${name} without options`,
    make(undefined),
    new RegExp(`^Cannot use undefined as the options of new ${name}`),
  );
  refuses(
    `${name} with a misspelt option of TLS`,
    make({ id: "a", address: at, tls: { certificate: "x", key: "y" }, ...handler }),
    new RegExp(`^Unknown option of tls of new ${name}: "certificate"`),
  );
  refuses(
    `${name} with TLS and no key`,
    make({ id: "a", address: at, tls: { cert: "x" }, ...handler }),
    `Cannot make a ${name} with tls and without key: expected the path of a PEM file, or PEM as text or bytes, got undefined`,
  );
}
refuses(
  "UnixListener without a path",
  () => new UnixListener({ id: "a", address: "x" } as Anything),
  /^Unknown option of new UnixListener: "address", expected one of id, path, mode, topicAliasMaximumOut, proxyProtocol$/,
);
refuses(
  "MemoryListener with a name",
  () => new MemoryListener({ name: "a" } as Anything),
  'Unknown option of new MemoryListener: "name", expected one of id, topicAliasMaximumOut',
);
refuses(
  "SocketListener with a source that is none",
  () => new SocketListener({ id: "a", source: {} } as Anything),
  /^Cannot make a SocketListener: its source is neither/,
);
refuses(
  "HttpListener without a handler",
  () => new HttpListener({ id: "a", address: at } as Anything),
  "Cannot make a HttpListener without handler",
);
refuses(
  "a passphrase that is a number",
  () => new TcpListener({ id: "a", address: at, tls: { cert: "x", key: "y", passphrase: 1234 } } as Anything),
  "Cannot use a number as passphrase of tls of new TcpListener: expected a string",
);

const listen = (listener: Anything) => () => server().addListener(listener);
const own = { id: "a", protocol: "own", open: () => {}, close: () => {} };
refuses("addListener of null", listen(null), "Cannot add a listener: expected an object, got null");
refuses(
  "addListener of a class",
  listen(TcpListener),
  "Cannot add a listener: expected an object, got the class TcpListener, did you mean new TcpListener(...)",
);
refuses(
  "addListener of options",
  listen({ id: "a", address: at }),
  'Cannot add listener "a": it has no method open, expected a listener such as new TcpListener(...)',
);
refuses(
  "addListener without an address",
  listen(own),
  'Cannot add listener "a" without address: expected a string, got undefined',
);
refuses(
  "addListener without an id",
  listen({ ...own, id: undefined }),
  "Cannot add a listener without id: expected a string that is not empty, got undefined",
);
refuses(
  "acceptStream of a socket",
  () => server().acceptStream({ write: () => {} }, "own"),
  "Cannot accept a stream: it has no method pause, expected a ByteStream",
);

// --- the program as a client ---

const publish = (...args: Anything[]) => async () => {
  await using made = server();
  return await made.publish(...args);
};
refuses(
  'publish("a", "b", true)',
  publish("a", "b", true),
  /^Cannot use true as the options of publish: expected an object such as \{ qos: \.\.\. \}$/,
);
refuses(
  "publish with an option that is misspelt",
  publish("a", "b", { retian: true }),
  'Unknown option of publish: "retian", did you mean "retain"',
);
refuses(
  "publish with retain 1",
  publish("a", "b", { retain: 1 }),
  "Cannot use 1 as retain of publish: expected true or false",
);
refuses(
  "publish with a property that is misspelt",
  publish("a", "b", { properties: { contenttype: "x" } }),
  'Cannot publish to "a": Unknown property: "contenttype", did you mean "contentType"',
);
refuses(
  "publish of an object",
  publish("a", { b: 1 }),
  'Cannot publish to "a": expected a string or a Uint8Array as its payload, got an object',
);
refuses(
  "publish without a topic",
  publish(undefined, "b"),
  "Cannot publish to undefined: expected a topic name",
);
refuses(
  "publish to a client that is none",
  publish("a", "b", { to: "" }),
  /to a client: expected a string that is not empty, got ""$/,
);

const subscribe = (...args: Anything[]) => async () => {
  await using made = server();
  return made.subscribe(...args);
};
refuses(
  "subscribe without a handler",
  subscribe("a"),
  'Cannot subscribe to "a": expected a function as its handler, got undefined',
);
refuses(
  "subscribe with handler and filter changed",
  subscribe(() => {}, "a"),
  "Cannot subscribe to a function: expected a topic filter",
);
refuses(
  "subscribe with a class",
  subscribe("a", Named),
  'Cannot subscribe to "a": expected a function as its handler, got the class Named',
);
refuses("subscribe with a QoS", subscribe("a", () => {}, 1), /^Cannot use 1 as the options of subscribe/);
refuses(
  "subscribe with an option that is misspelt",
  subscribe("a", () => {}, { nolocal: true }),
  'Unknown option of subscribe: "nolocal", did you mean "noLocal"',
);
refuses("unsubscribe with what subscribe has answered", async () => {
  await using made = server();
  made.unsubscribe(made.subscribe("a", () => {}));
}, "Cannot unsubscribe: expected a string, got an object");
refuses(
  "unsubscribe with a handler",
  () => server().unsubscribe("a", () => {}),
  'Cannot unsubscribe from "a" with id a function: expected a number',
);
refuses(
  "retained of a list",
  () => server().retained(["a"]),
  "Cannot look up retained messages of a list: expected a topic filter",
);

const serving = (act: (made: Anything) => unknown) => async () => {
  await using made = server();
  await made.serve();
  await act(made);
};
refuses(
  "newClient with a text",
  serving((made) => made.newClient("a")),
  /^Cannot use "a" as the options of newClient: expected an object such as \{ id: \.\.\. \}$/,
);
refuses(
  "newClient with an option that is misspelt",
  serving((made) => made.newClient({ clientId: "a" })),
  /^Unknown option of newClient: "clientId", expected one of id, /,
);
refuses(
  "disconnectClient with a number",
  serving((made) => made.disconnectClient("a", 0x98)),
  'Cannot disconnect client "a" with 152: expected a reason such as Reasons.administrativeAction',
);
refuses(
  "disconnectClient of a client",
  serving((made) => made.disconnectClient({ id: "a" })),
  "Cannot disconnect a client: expected a string, got an object",
);
refuses(
  "unsubscribeClient from a text",
  serving((made) => made.unsubscribeClient("a", "b")),
  'Cannot unsubscribe client "a" from "b": expected a list of filters',
);
refuses(
  "client of nothing",
  serving((made) => made.client()),
  "Cannot look for a client: expected a string, got undefined",
);
refuses(
  "injectPacket for nobody",
  serving((made) => made.injectPacket(null, { type: 12 })),
  "Cannot inject a packet for a client: expected an object, got null",
);

// --- what is said without a log ---

async function onConsole(act: () => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  const { error } = console;
  console.error = (text: unknown): void => void lines.push(String(text));
  try {
    await act();
  } finally {
    console.error = error;
  }
  return lines;
}

const broken = {
  id: "broken",
  onStarted: () => {
    throw new Error("oh");
  },
};

test("no log: warnings and errors go to console.error, and nothing else does", async () => {
  const lines = await onConsole(async () => {
    await using made = new Server({ sysTopicInterval: 0 });
    await made.addHook(broken);
    await made.addHook(new AllowAll());
    await made.serve();
    await (await made.newClient({ id: "a" })).close();
  });
  assert.deepEqual(lines, [
    'comqtt: warn: Hook failed (code=hook-failed hook="broken" method="onStarted" error="oh")',
  ]);
});

test("no log: null and off are silence, and a log of one's own is asked instead", async () => {
  const own: string[] = [];
  const lines = await onConsole(async () => {
    for (
      const options of [{ log: null }, { logLevel: "off" }, {
        log: (level: string) => own.push(level),
      }] as const
    ) {
      await using made = new Server({ sysTopicInterval: 0, ...options });
      await made.addHook(broken);
      await made.serve();
    }
  });
  assert.deepEqual(lines, []);
  assert.deepEqual(own, ["warn"]);
});

test("no log: a level without a log is that of console.error", async () => {
  const lines = await onConsole(async () => {
    await using made = new Server({ sysTopicInterval: 0, logLevel: "debug" });
    await made.serve();
    await (await made.newClient({ id: "a" })).close();
  });
  assert.deepEqual(lines.map((line) => /code=(\S+)/.exec(line)?.[1]), [
    "client-connected",
    "client-disconnected",
  ]);
});

// --- nobody may connect ---

test("nobody may connect: serve says so when there is a listener and no hook that lets anyone in", async () => {
  // (An empty method answers nothing.)
  const hooks: Anything[] = [null, { id: "a", onAclCheck: () => "allow" }, {
    id: "a",
    onConnectAuthenticate() {},
  }];
  for (const hook of hooks) {
    const { events, server: made } = told();
    await using _end = made;
    if (hook !== null) await made.addHook(hook);
    await made.addListener(new MemoryListener());
    await made.serve();
    assert.deepEqual(events.map(({ code }) => code), ["nobody-may-connect"]);
  }
});

test("nobody may connect: said once, also when the listener comes later; not when somebody lets in, or nobody can come", async () => {
  const late = told();
  await using _late = late.server;
  await late.server.serve();
  assert.deepEqual(late.events, [], "without a listener nobody wants in");
  await late.server.addListener(new HealthListener({ id: "health", address: at }));
  assert.deepEqual(late.events, []);
  await late.server.addListener(new MemoryListener());
  await late.server.addListener(new MemoryListener({ id: "second" }));
  assert.deepEqual(late.events.map(({ code }) => code), ["nobody-may-connect"]);

  for (const hook of [new AllowAll(), { id: "auth", onAuthPacket: () => undefined }]) {
    const { events, server: made } = told();
    await using _end = made;
    await made.addHook(hook);
    await made.addListener(new MemoryListener());
    await made.serve();
    assert.deepEqual(events, []);
  }
});
