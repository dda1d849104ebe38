/** The table of all codes: errors have one of it, and its page lists them. */

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  AllowAll,
  ERROR_CODES,
  type ErrorCode,
  errorCodeOf,
  HealthListener,
  HookError,
  ListenerError,
  LOG_EVENTS,
  type LogEvent,
  MemoryListener,
  PacketType,
  Server,
  StorageError,
  type StorageFault,
  type StreamFault,
  TcpListener,
  WebSocketListener,
} from "../../mod.ts";
import { Acl, AclError } from "../../hooks/auth/acl.ts";
import { Ledger, LedgerError } from "../../hooks/auth/ledger.ts";
import { Debug } from "../../hooks/debug.ts";
import { SqliteStorage } from "../../hooks/storage/sqlite.ts";
import { parseArguments } from "../../src/cli/arguments.ts";
import { ConfigError } from "../../src/core/problem.ts";
import { readKeyPair } from "../../src/runtime/tls/key_pair.ts";
import type { RuntimeErrorCode } from "../../src/runtime/runtime_error.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { ModelStorage } from "../harness/model_storage.ts";
import { TestBroker } from "../harness/mod.ts";
import { sources } from "../house/sources.ts";

// (The compiler says when a code of a floor below the table is not in it.)
const ofRuntime: readonly ErrorCode[] = [] as readonly (RuntimeErrorCode | StreamFault["code"])[];

test("codes: docs/log.md lists every code of an error with its status, and no other", () => {
  const page = readFileSync(new URL("../../docs/log.md", import.meta.url), "utf8");
  const listed = [...page.matchAll(/^\| `([a-z-]+)` \| (\d+) \| \S/gm)].map(([, code, status]) =>
    `${code} ${status}`
  );
  assert.deepEqual(listed, Object.entries(ERROR_CODES).map(([code, { status }]) => `${code} ${status}`));
});

test("codes: each is a name in lower case, with a sentence and a status of HTTP", () => {
  assert.deepEqual(ofRuntime, []);
  for (const [code, { title, status }] of Object.entries(ERROR_CODES)) {
    assert.match(code, /^[a-z]+(-[a-z]+)+$/);
    assert.match(title, /^[A-Z].*[^.]$/);
    assert.ok(status >= 400 && status < 600, code);
  }
  for (const code of Object.keys(LOG_EVENTS)) assert.match(code, /^[a-z]+(-[a-z]+)*[a-z0-9-]*$/);
});

test("codes: every class of errors has a code", () => {
  const found: string[] = [];
  const without: string[] = [];
  const coded = new Set<string>();
  const classes = [...sources()].flatMap(([path, text]) =>
    [...text.matchAll(/class (\w+) extends (\w*(?:Error|Fault))\b[^{]*\{([^]*?)\n?\}\n/g)]
      .map(([, name, base, body]) => ({ path, name: name!, base: base!, body: body! }))
  );
  for (const { name, body } of classes) if (/^ {2}readonly code\b/m.test(body)) coded.add(name);
  for (const { path, name, base } of classes) {
    found.push(name);
    if (!coded.has(name) && !coded.has(base)) {
      without.push(`${path}: ${name} has no code of src/core/codes.ts`);
    }
  }
  for (
    const name of ["StorageError", "HookError", "ListenerError", "LedgerError", "ConfigError", "DerFault"]
  ) {
    assert.ok(found.includes(name), name);
  }
  // (None is missed by the way it is written.)
  const all = [...sources().values()].join("\n").match(/^.*\bclass \w+ extends \w*(Error|Fault)\b/gm) ?? [];
  assert.equal(found.length, all.length);
  assert.deepEqual(without, []);
});

/** Where errors without a code are made, and why nobody meets them. */
const PLAIN: ReadonlyMap<string, string> = new Map([
  ["src/packets/wire.ts", "what cannot be encoded: `packet-invalid` says it"],
  ["src/packets/auth.ts", "the same"],
  ["src/packets/connect.ts", "the same"],
  ["src/runtime/tcp/guard.ts", "something was thrown that is no error"],
  ["src/runtime/tcp/node_stream.ts", "the end of a stream: `connection-lost` tells it"],
  ["src/runtime/websocket/web_stream.ts", "the same"],
  ["src/runtime/memory_duplex.ts", "a stream of node:stream has the codes of the system"],
  ["src/runtime/memory_stream.ts", "the same, and a stream that is not used as it has to be"],
  ["src/inline/local_stream.ts", "the end of a stream: `connection-lost` tells it"],
  ["src/inline/packet_reader.ts", "what the server itself has written cannot be read"],
  ["src/config/table/check.ts", "the program asks for a setting that is not in its own table"],
  ["src/hook/checked_answers.ts", "what a hook answered: `hook-failed` tells it"],
  ["src/hook/dispatch/patience.ts", "that a hook did not answer: `hook-failed` tells it"],
  ["src/hook/dispatcher.ts", "what a hook answered: `hook-failed` tells it"],
  ["src/hook/explained.ts", "what a hook answered: `hook-failed` tells it"],
  ["src/hook/packet_events.ts", "what a hook answered: `hook-failed` tells it"],
  ["src/broker/delivery/selection.ts", "the same"],
  ["src/broker/receive/auth.ts", "the same"],
  ["src/broker/durability/stored_message.ts", "what a hook has stored: the `HookError` around it has a code"],
  ["src/broker/recovery/from_hooks.ts", "the same"],
  ["hooks/debug.ts", "thrown by `init`: the `HookError` around it has a code"],
  ["hooks/storage/redis/connection.ts", "what Redis did not answer: the `StorageError` around it has a code"],
]);

test("codes: no error without a code is made but where nobody meets it", () => {
  const made = [...sources()].filter(([, text]) => /(?<!\w)new (Type|Range)?Error\(/.test(text))
    .map(([path]) => path);
  assert.deepEqual(made.toSorted(), [...PLAIN.keys()].toSorted());
});

test("codes: what is wrong with a storage has the code of its kind", () => {
  const codes: Record<StorageFault, ErrorCode> = {
    damaged: "storage-damaged",
    full: "storage-full",
    "input/output": "storage-unreachable",
    "in use": "storage-in-use",
    newer: "storage-newer",
    unusable: "storage-unusable",
    lost: "storage-lost",
  };
  for (const [fault, code] of Object.entries(codes)) {
    const error = new StorageError("Cannot", fault as StorageFault, "data");
    assert.deepEqual([error.code, error.fault, errorCodeOf(error)], [code, fault, code]);
  }
});

test("codes: of what is no error, or has a code of somebody else, there is none", () => {
  const enoent = Object.assign(new Error("no such file"), { code: "ENOENT" });
  const numbered = Object.assign(new Error("5"), { code: 5 });
  for (
    const one of [undefined, null, "storage-full", { code: "storage-full" }, new Error("x"), enoent, numbered]
  ) {
    assert.equal(errorCodeOf(one), null);
  }
  const inherited = Object.assign(new Error("x"), { code: "toString" });
  assert.equal(errorCodeOf(inherited), null);
});

interface Mistake {
  readonly name: string;
  readonly code: ErrorCode;
  readonly kind: new (...args: never[]) => Error;
  readonly run: (server: Server) => unknown;
}

const hook = { id: "h" };
const mistakes: readonly Mistake[] = [
  {
    name: "an option",
    code: "argument-invalid",
    kind: TypeError,
    run: () => new Server({ limts: {} } as never),
  },
  {
    name: "a limit",
    code: "argument-invalid",
    kind: RangeError,
    run: () => new Server({ limits: { packetSize: -1 } }),
  },
  { name: "a wildcard", code: "topic-invalid", kind: TypeError, run: (s) => s.publish("a/#", "") },
  {
    name: "a long topic",
    code: "topic-invalid",
    kind: RangeError,
    run: (s) => s.publish("a".repeat(70_000), ""),
  },
  { name: "a filter", code: "filter-invalid", kind: TypeError, run: (s) => s.subscribe("a#", () => {}) },
  { name: "a look at no filter", code: "filter-invalid", kind: TypeError, run: (s) => s.retained("a#") },
  {
    name: "a large payload",
    code: "packet-too-large",
    kind: RangeError,
    run: (s) => s.publish("a", new Uint8Array(2_000_000)),
  },
  {
    name: "a property",
    code: "packet-invalid",
    kind: TypeError,
    run: (s) => s.publish("a", "", { properties: { topicAlias: 1 } }),
  },
  { name: "serving twice", code: "server-running", kind: Error, run: (s) => s.serve() },
  {
    name: "an absent client",
    code: "client-not-connected",
    kind: Error,
    run: (s) => s.injectPacket("nobody", { type: PacketType.PINGREQ }),
  },
  {
    name: "the program's id",
    code: "client-id-refused",
    kind: RangeError,
    run: (s) => s.newClient({ id: "inline" }),
  },
  {
    name: "a client that is refused",
    code: "connect-refused",
    kind: Error,
    run: (s) => {
      s.blocked.add("bad");
      return s.newClient({ id: "bad" });
    },
  },
  {
    name: "a hook twice",
    code: "hook-exists",
    kind: HookError,
    run: async (s) => {
      await s.addHook(hook);
      await s.addHook(hook);
    },
  },
  {
    name: "a second hook of one id",
    code: "hook-exists",
    kind: TypeError,
    run: async (s) => {
      await s.addHook(hook);
      await s.addHook({ id: "h" });
    },
  },
  {
    name: "no such hook",
    code: "hook-not-found",
    kind: HookError,
    run: (s) => s.replaceHook(hook, { id: "i" }),
  },
  {
    name: "a hook that does not start",
    code: "hook-failed",
    kind: HookError,
    run: (s) => s.addHook({ id: "h", init: () => Promise.reject(new Error("no")) }),
  },
  {
    name: "a listener twice",
    code: "listener-exists",
    kind: ListenerError,
    run: async (s) => {
      await s.addListener(new MemoryListener({ id: "m" }));
      await s.addListener(new MemoryListener({ id: "m" }));
    },
  },
  {
    name: "a listener elsewhere",
    code: "server-not-serving",
    kind: ListenerError,
    run: () => new MemoryListener().connect(),
  },
  {
    name: "no address",
    code: "listener-invalid",
    kind: ListenerError,
    run: (s) => s.addListener(new TcpListener({ id: "t", address: "127.0.0.1:port" })),
  },
  {
    name: "another machine's address",
    code: "address-not-available",
    kind: ListenerError,
    run: (s) => s.addListener(new TcpListener({ id: "t", address: "192.0.2.1:0" })),
  },
  {
    name: "a path of a listener",
    code: "listener-invalid",
    kind: ListenerError,
    run: () => new HealthListener({ id: "w", address: "127.0.0.1:0", path: "x" }),
  },
  {
    name: "pings",
    code: "listener-invalid",
    kind: ListenerError,
    run: () => new WebSocketListener({ id: "w", address: "127.0.0.1:0", pingInterval: -1 }),
  },
  {
    name: "a certificate that is not there",
    code: "file-not-readable",
    kind: ListenerError,
    run: (s) =>
      s.addListener(
        new TcpListener({ id: "t", address: "127.0.0.1:0", tls: { cert: "/no/cert", key: "/no/key" } }),
      ),
  },
  {
    name: "a certificate that is none",
    code: "certificate-invalid",
    kind: Error,
    run: () => readKeyPair({ cert: "x", key: "y" }),
  },
  { name: "rules", code: "ledger-invalid", kind: LedgerError, run: () => new Ledger({ users: 1 } as never) },
  {
    name: "rules that are not there",
    code: "file-not-readable",
    kind: LedgerError,
    run: () => Ledger.read("/no/file"),
  },
  { name: "rules of no file", code: "ledger-without-file", kind: Error, run: () => new Ledger().reload() },
  { name: "rules for topics", code: "acl-invalid", kind: AclError, run: () => new Acl(1 as never) },
  {
    name: "rules for topics of no file",
    code: "acl-without-file",
    kind: Error,
    run: () => new Acl().reload(),
  },
  {
    name: "a length",
    code: "argument-invalid",
    kind: RangeError,
    run: () => new Debug({ maximumLength: -1 }),
  },
  {
    name: "a storage that is not open",
    code: "storage-not-open",
    kind: TypeError,
    run: () => new SqliteStorage({ path: "never" }).storage.putSession({ id: "c" } as never),
  },
  { name: "the command line", code: "usage-invalid", kind: Error, run: () => parseArguments(["--nothing"]) },
  {
    name: "the configuration",
    code: "config-invalid",
    kind: Error,
    run: () => Promise.reject(new ConfigError([])),
  },
];

for (const { name, code, kind, run } of mistakes) {
  test(`codes: ${name} is ${code}`, async () => {
    await using server = new Server({ sysTopicInterval: 0, log: () => {} });
    await server.addHook(new AllowAll());
    await server.serve();
    const caught = await (async () => await run(server))().then(() => null, (error: unknown) => error);
    assert.ok(caught instanceof kind, String(caught));
    assert.equal(errorCodeOf(caught), code);
  });
}

test("codes: an address that somebody has is address-in-use", async () => {
  await using first = new Server({ sysTopicInterval: 0, log: () => {} });
  await using second = new Server({ sysTopicInterval: 0, log: () => {} });
  await first.addListener(new TcpListener({ id: "t", address: "127.0.0.1:0" }));
  await first.serve();
  await second.serve();
  const { address } = first.listeners[0]!;
  for (const server of [first, second]) {
    const listener = new TcpListener({ id: "u", address });
    await assert.rejects(server.addListener(listener), { name: "ListenerError", code: "address-in-use" });
  }
});

test("codes: what a closed server is asked for is server-closed", async () => {
  const server = new Server({ sysTopicInterval: 0, log: () => {} });
  await assert.rejects(server.newClient(), { code: "server-not-serving" });
  await server.serve();
  await server.close();
  await assert.rejects(server.publish("a", ""), { code: "server-closed" });
  await assert.rejects(server.addHook({ id: "h" }), { code: "server-closed" });
  await assert.rejects(server.addListener(new MemoryListener()), { code: "server-closed" });
  assert.throws(() => server.subscribe("a", () => {}), { code: "server-closed" });
});

test("codes: a hook that does not start has a code, and so has what it did not start for", async () => {
  await using server = new Server({ sysTopicInterval: 0, log: () => {} });
  const cause = new StorageError("Cannot open", "newer", "data");
  await server.addHook({ id: "h", init: () => Promise.reject(cause) });
  await assert.rejects(server.serve(), { name: "HookError", code: "hook-failed", cause });
  assert.equal(errorCodeOf(cause), "storage-newer");
});

test("codes: a server whose storage cannot be opened fails with the code of why", async () => {
  await using server = new Server({ sysTopicInterval: 0, log: () => {} });
  await server.addHook(new SqliteStorage({ path: temporaryFolder() }));
  await assert.rejects(server.serve(), { name: "StorageError", code: "storage-unusable" });
});

test("codes: the line that the storage cannot be written has the code of why", async () => {
  const lines: [text: string, code: ErrorCode | undefined][] = [];
  const storage = new ModelStorage();
  const log = (level: string, text: string, event: LogEvent): void => {
    if (level === "error") lines.push([text, event.errorCode]);
  };
  await using t = await TestBroker.with(storage, { log });
  t.broker.persistence!.failed(new StorageError("Cannot write: no room", "full", "data"));
  t.broker.persistence!.failed(new Error("Something else"));
  const begin = "QoS 1 and 2 are refused until the storage can be written: ";
  assert.deepEqual(lines, [
    [`${begin}Cannot write: no room (code=storage-failed errorCode=storage-full)`, "storage-full"],
    [`${begin}Something else (code=storage-failed errorCode=storage-not-writable)`, "storage-not-writable"],
  ]);
});
