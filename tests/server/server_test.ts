/** The server as an embedding program uses it. */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  AllowAll,
  type Hook,
  HttpListener,
  ListenerError,
  Server,
  type ServerOptions,
  TcpListener,
  UnixListener,
  VERSION,
  WebSocketListener,
} from "../../mod.ts";
import { openSocket, socketClient } from "../harness/socket_client.ts";
import { settle, until } from "../harness/time.ts";
import { MemoryListener } from "./memory_listener.ts";

/** A server that lets everyone in, with one listener in memory. */
async function serving(options: ServerOptions = {}): Promise<{ server: Server; listener: MemoryListener }> {
  const server = new Server({ sysTopicInterval: 0, ...options });
  server.addHook(new AllowAll());
  const listener = new MemoryListener("memory");
  await server.addListener(listener);
  await server.serve();
  return { server, listener };
}

function portOf({ address }: { readonly address: string }): number {
  return Number(address.slice(address.lastIndexOf(":") + 1));
}

test("server: clients of several listeners meet", async () => {
  await using server = new Server();
  server.addHook(new AllowAll());
  const tcp = new TcpListener({ id: "tcp", address: "127.0.0.1:0" });
  const memory = new MemoryListener("memory");
  await server.addListener(tcp);
  await server.addListener(memory);
  await server.serve();
  const one = memory.client();
  const two = await socketClient(portOf(tcp), 4);
  await one.connect({ clientId: "one" });
  await two.connect({ clientId: "two" });
  await one.subscribe("a");
  await two.published("a", "hello", { qos: 1 });
  assert.equal((await one.message()).text, "hello");
  assert.equal(server.info().clients_connected, 2);
  assert.equal(server.info().version, VERSION);
  assert.equal(server.stats.messagesReceived, 1);
});

test("server: without a hook nobody may connect", async () => {
  await using server = new Server({ sysTopicInterval: 0 });
  const listener = new MemoryListener("memory");
  await server.addListener(listener);
  await server.serve();
  const client = listener.client();
  assert.notEqual((await client.connect()).reasonCode, 0);
});

test("server: a hook may come and go while it runs", async () => {
  const { server, listener } = await serving();
  await using _closed = server;
  const topics: string[] = [];
  const hook: Hook = { id: "ear", onPublished: (_client, { topic }): void => void topics.push(topic) };
  const client = listener.client();
  await client.connect();
  await client.published("before", "", { qos: 1 });
  await server.addHook(hook);
  await client.published("during", "", { qos: 1 });
  assert.equal(await server.removeHook(hook), true);
  assert.equal(await server.removeHook(hook), false);
  await client.published("after", "", { qos: 1 });
  assert.deepEqual(topics, ["during"]);
});

test("server: a listener with an id or an address that is taken is refused", async () => {
  await using server = new Server();
  await server.addListener(new MemoryListener("one", "here:1"));
  await assert.rejects(
    server.addListener(new MemoryListener("one", "there:2")),
    new ListenerError('Cannot add listener "one": there is one with that id already', {
      code: "listener-exists",
    }),
  );
  await assert.rejects(
    server.addListener(new MemoryListener("two", "here:1")),
    new ListenerError('Cannot add listener "two": "one" listens at "here:1" already', {
      code: "address-in-use",
    }),
  );
  await server.addListener(new MemoryListener("two", "host:0"));
  await server.addListener(new MemoryListener("three", "host:0"));
  assert.deepEqual(server.listeners.map(({ id }) => id), ["one", "two", "three"]);
});

test("server: the bound address of a listener is taken as well", async () => {
  await using server = new Server();
  const tcp = new TcpListener({ id: "tcp", address: "127.0.0.1:0" });
  await server.addListener(tcp);
  await server.serve();
  await assert.rejects(
    server.addListener(new TcpListener({ id: "second", address: tcp.address })),
    new ListenerError(`Cannot add listener "second": "tcp" listens at "${tcp.address}" already`, {
      code: "address-in-use",
    }),
  );
});

test("server: a listener that is added while it runs is open", async () => {
  const { server } = await serving();
  await using _closed = server;
  const late = new MemoryListener("late");
  await server.addListener(late);
  assert.equal((await late.client().connect()).reasonCode, 0);
});

test("server: a listener that cannot be opened while it runs is forgotten, the others stay", async () => {
  const { server, listener } = await serving();
  await using _closed = server;
  const late = new MemoryListener("late");
  late.fault = "No";
  await assert.rejects(server.addListener(late), new ListenerError("No", { listener: "late" }));
  assert.deepEqual(server.listeners, [listener]);
  assert.deepEqual(listener.events, ["open"]);
  late.fault = null;
  await server.addListener(late);
  assert.deepEqual(late.events, ["open"]);
});

test("server: when a listener cannot be opened, those that are open are closed again", async () => {
  const server = new Server();
  const [first, second, third] = ["1", "2", "3"].map((id) => new MemoryListener(id));
  for (const listener of [first!, second!, third!]) await server.addListener(listener);
  second!.fault = "No";
  await assert.rejects(server.serve(), (error) => error instanceof ListenerError && error.listener === "2");
  assert.deepEqual(first!.events, ["open", "close"]);
  assert.equal(third!.events.includes("open"), false);
  await assert.rejects(server.serve(), /^Error: Cannot serve: the server is closed$/);
});

test("server: two servers cannot have one port, and the second is closed", async () => {
  await using first = new Server();
  const tcp = new TcpListener({ id: "tcp", address: "127.0.0.1:0" });
  await first.addListener(tcp);
  await first.serve();
  const second = new Server();
  const ws = new WebSocketListener({ id: "ws", address: "127.0.0.1:0" });
  await second.addListener(ws);
  await second.addListener(new TcpListener({ id: "tcp", address: tcp.address }));
  await assert.rejects(second.serve(), /the tcp listener "tcp" at ".*": the address is already in use$/);
  await until(() => openSocket(portOf(ws)).then(() => false, () => true), "the WebSocket port to be closed");
  (await openSocket(portOf(tcp))).destroy();
});

test("server: it serves once", async () => {
  const { server } = await serving();
  await using _closed = server;
  await assert.rejects(server.serve(), /^Error: Cannot serve: the server is running already$/);
});

test("server: closed means closed, however often", async () => {
  const { server, listener } = await serving();
  const client = listener.client();
  await client.connect();
  await Promise.all([server.close(), server.close()]);
  await server.close();
  await client.refusedWith(0x8b);
  assert.deepEqual(listener.events, ["open", "close"]);
  await assert.rejects(server.addListener(new MemoryListener("late")), /the server is closed$/);
});

test("server: one that never served closes", async () => {
  const server = new Server();
  const listener = new MemoryListener("memory");
  await server.addListener(listener);
  await server.close();
  assert.deepEqual(listener.events, []);
  await assert.rejects(server.serve(), /the server is closed$/);
});

test("server: closing while a listener opens closes that one, too", async () => {
  const server = new Server();
  const listener = new MemoryListener("memory");
  const { promise, resolve } = Promise.withResolvers<void>();
  listener.gate = promise;
  await server.addListener(listener);
  const served = server.serve();
  await settle();
  await server.close();
  resolve();
  await assert.rejects(served, /Cannot open listener "memory": the server was closed meanwhile/);
  assert.equal(listener.events.at(-1), "close");
  assert.equal(listener.events.filter((event) => event === "open").length, 1);
});

test("server: who comes in when it is closed is sent away", async () => {
  const { server, listener } = await serving();
  await server.close();
  const client = listener.client();
  await client.gone();
  assert.equal(server.stats.connections, 0);
});

test("server: it stops accepting before it says good-bye", async () => {
  const order: string[] = [];
  const { server, listener } = await serving();
  listener.close = (): Promise<void> => {
    order.push("closed");
    return Promise.resolve();
  };
  server.addHook({ id: "order", onDisconnect: (): void => void order.push("good-bye") });
  const client = listener.client();
  await client.connect();
  await server.close();
  assert.deepEqual(order, ["closed", "good-bye"]);
});

test("server: hooks and listeners that never end do not keep it open", async () => {
  const { server, listener } = await serving();
  const never = new Promise<void>(() => {});
  listener.close = (): Promise<void> => never;
  server.addHook({ id: "stuck", onStopped: (): Promise<void> => never });
  const from = Date.now();
  await server.close();
  assert.ok(Date.now() - from < 5000);
});

test("server: a listener that fails to close is told of and the rest is closed", async () => {
  const lines: string[] = [];
  const { server, listener } = await serving({ log: (level, text) => lines.push(`${level} ${text}`) });
  const other = new MemoryListener("other");
  await server.addListener(other);
  listener.close = (): Promise<void> => Promise.reject(new Error("stuck"));
  await server.close();
  assert.deepEqual(other.events, ["open", "close"]);
  const said = 'error The listener could not be closed: stuck (code=listener-close-failed listener="memory")';
  assert.ok(lines.includes(said), lines.join("\n"));
});

test("server: clients that do not read do not keep it open, and every connection ends", async () => {
  const { server, listener } = await serving();
  const stalled = listener.client(5, { capacity: 1000 });
  await stalled.connect({ clientId: "stalled" });
  await stalled.subscribe("big", 1);
  stalled.stall();
  const publisher = listener.client();
  await publisher.connect();
  for (let i = 0; i < 20; i++) await publisher.published("big", new Uint8Array(100_000), { qos: 1 });
  const from = Date.now();
  await server.close();
  assert.ok(Date.now() - from < 5000);
  await until(() => server.stats.connections === 0, "the last connection to end");
});

test("server: two in one process know nothing of each other", async () => {
  const one = await serving();
  const two = await serving({ limits: { topicLevels: 2 }, capabilities: { maximumQos: 0 } });
  const [a, b] = [one.listener.client(), two.listener.client()];
  const announced = await Promise.all([a.connect({ clientId: "x" }), b.connect({ clientId: "x" })]);
  assert.deepEqual(announced.map(({ properties }) => properties.maximumQos), [undefined, 0]);
  await a.subscribe("#");
  await b.published("t", "for two only");
  await b.ping();
  await a.silent();
  await two.server.close();
  await a.ping();
  assert.equal(one.server.info().clients_connected, 1);
  await one.server.close();
});

test("server: options that are out of range are refused", () => {
  assert.throws(() => new Server({ limits: { inflight: 0 } }), {
    name: "RangeError",
    message: "Cannot use limits.inflight 0: expected a whole number from 1 to 65535",
  });
});

test("server: a Unix socket is gone when it is closed", async () => {
  const path = `/tmp/comqtt-${crypto.randomUUID()}`;
  const server = new Server();
  await server.addListener(new UnixListener({ id: "unix", path }));
  await server.serve();
  await server.close();
  const again = new Server();
  await again.addListener(new UnixListener({ id: "unix", path }));
  await again.serve();
  await again.close();
});

test("server: an HTTP listener answers while it runs and no longer", async () => {
  const server = new Server();
  const http = new HttpListener({
    id: "http",
    address: "127.0.0.1:0",
    handler: () => new Response("hello"),
  });
  await server.addListener(http);
  await server.serve();
  const url = `http://${http.address}/`;
  assert.equal(await (await fetch(url)).text(), "hello");
  await server.close();
  await assert.rejects(fetch(url));
});
