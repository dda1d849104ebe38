/** Listeners that are added, replaced and removed while the server runs. */

import assert from "node:assert/strict";
import { statSync } from "node:fs";
import net from "node:net";
import { join } from "node:path";
import { describe, it } from "node:test";
import {
  AllowAll,
  HttpListener,
  type Listener,
  ListenerError,
  MemoryListener,
  Server,
  type ServerOptions,
  TcpListener,
  UnixListener,
  WebSocketListener,
} from "../../mod.ts";
import type { TestClient } from "../harness/client.ts";
import { temporaryFolder } from "../harness/folder.ts";
import { socketClient } from "../harness/socket_client.ts";
import { connectTls, portOf } from "../runtime/client.ts";
import { fixture } from "../runtime/transports.ts";

const timeout = 30_000;

async function served(options: ServerOptions, ...listeners: Listener[]): Promise<Server> {
  const server = new Server({ log: null, ...options });
  server.addHook(new AllowAll());
  for (const listener of listeners) await server.addListener(listener);
  await server.serve();
  return server;
}

const tcp = (address: string, more: object = {}): TcpListener =>
  new TcpListener({ id: "tcp", address, ...more });

async function connected({ address }: Listener, clientId: string): Promise<TestClient> {
  const client = await socketClient(portOf(address));
  assert.equal((await client.connect({ clientId })).reasonCode, 0);
  return client;
}

async function answers(client: TestClient): Promise<void> {
  await client.ping();
}

async function isFree(port: number): Promise<boolean> {
  const probe = net.createServer();
  return await new Promise((done) => {
    probe.once("error", () => done(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => done(true)));
  });
}

describe("server: a listener is removed", () => {
  it("its address is free, and its clients stay until they leave", { timeout }, async () => {
    await using server = await served({}, tcp("127.0.0.1:0"));
    const [listener] = server.listeners;
    const port = portOf(listener!.address);
    const client = await connected(listener!, "stays");
    assert.equal(await server.removeListener("tcp"), true);
    assert.equal(await isFree(port), true);
    assert.deepEqual(server.listeners, []);
    await answers(client);
    assert.equal(server.client("stays")?.listener, "tcp");
    assert.equal(await server.removeListener("tcp"), false);
    assert.equal(await server.removeListener(listener!), false);
  });

  it(
    "its clients are told and closed when that is wanted, those of others are not",
    { timeout },
    async () => {
      await using server = await served(
        {},
        tcp("127.0.0.1:0"),
        new TcpListener({ id: "other", address: "127.0.0.1:0" }),
      );
      const [listener, other] = server.listeners;
      const client = await connected(listener!, "goes");
      const neighbour = await connected(other!, "stays");
      await server.removeListener(listener!, { closeClients: true });
      assert.equal((await client.expect(14)).reasonCode, 0x98);
      await client.gone();
      await answers(neighbour);
    },
  );

  it("before it serves as well", { timeout }, async () => {
    const server = new Server({ log: null });
    await server.addListener(tcp("127.0.0.1:0"));
    assert.equal(await server.removeListener("tcp"), true);
    await server.addListener(tcp("127.0.0.1:0"));
    assert.equal(await server.replaceListener("tcp", tcp("127.0.0.1:0", { backlog: 5 })), "moved");
    await server.close();
  });
});

describe("server: a listener is replaced", () => {
  it(
    "at another address it is open before the other one is closed, and clients stay",
    { timeout },
    async () => {
      await using server = await served({}, tcp("127.0.0.1:0"));
      const [before] = server.listeners;
      const port = portOf(before!.address);
      const client = await connected(before!, "stays");
      const next = new TcpListener({ id: "tcp", address: "[::1]:0" });
      const busy = tcp("192.0.2.1:0");
      await assert.rejects(server.replaceListener("tcp", busy), ListenerError);
      assert.equal(server.listeners[0], before);
      await answers(await connected(before!, "another"));
      assert.equal(await server.replaceListener(before!, next), "moved");
      assert.deepEqual(server.listeners, [next]);
      assert.equal(await isFree(port), true);
      await answers(client);
    },
  );

  it("at the same address it goes on with what is open", { timeout }, async () => {
    await using server = await served({}, tcp("127.0.0.1:0"));
    const [before] = server.listeners;
    const { address } = before!;
    const client = await connected(before!, "stays");
    const next = new TcpListener({ id: "renamed", address, topicAliasMaximumOut: 3 });
    assert.equal(await server.replaceListener("tcp", next), "kept");
    assert.deepEqual([server.listeners, next.address], [[next], address]);
    await answers(client);
    await answers(await connected(next, "new"));
    assert.deepEqual([server.client("stays")?.listener, server.client("new")?.listener], ["tcp", "renamed"]);
    // (It has nothing open any more.)
    await before!.close();
    await answers(await connected(next, "newer"));
  });

  it("what cannot change in place is closed for a moment, and clients stay", { timeout }, async () => {
    await using server = await served({}, tcp("127.0.0.1:0"));
    const [before] = server.listeners;
    const client = await connected(before!, "stays");
    const pair = { cert: fixture("server.crt"), key: fixture("server.key") };
    const broken = tcp(before!.address, { tls: { ...pair, key: fixture("device.key") } });
    await assert.rejects(server.replaceListener("tcp", broken), /does not belong to/);
    await answers(await connected(before!, "another"));
    const next = tcp(before!.address, { tls: pair });
    assert.equal(await server.replaceListener("tcp", next), "reopened");
    const socket = await connectTls(next.address, { ca: fixture("authority.crt") });
    socket.destroy();
    await answers(client);
  });

  it("certificates are exchanged in place", { timeout }, async () => {
    const pair = (name: string): object => ({
      tls: { cert: fixture(`${name}.crt`), key: fixture(`${name}.key`) },
    });
    await using server = await served({}, tcp("127.0.0.1:0", pair("server")));
    const { address } = server.listeners[0]!;
    const serial = async (): Promise<string> => {
      const socket = await connectTls(address, { ca: fixture("authority.crt") });
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      return serialNumber.slice(-4);
    };
    assert.equal(await serial(), "1001");
    assert.equal(await server.replaceListener("tcp", tcp(address, pair("renewed"))), "kept");
    assert.equal(await serial(), "1002");
  });

  it("an address that lies within the other one, there and back", { timeout }, async () => {
    await using server = await served({}, tcp("127.0.0.1:0"));
    const port = portOf(server.listeners[0]!.address);
    const client = await connected(server.listeners[0]!, "stays");
    assert.equal(await server.replaceListener("tcp", tcp(`:${port}`)), "reopened");
    assert.equal(await server.replaceListener("tcp", tcp(`127.0.0.1:${port}`)), "reopened");
    await answers(client);
    await answers(await connected(server.listeners[0]!, "new"));
  });

  it("one that cannot be opened leaves the other one open again", { timeout }, async () => {
    await using server = await served({}, tcp("127.0.0.1:0"));
    const { address } = server.listeners[0]!;
    const unable: Listener = {
      id: "tcp",
      protocol: "tcp",
      address,
      open: () => Promise.reject(new ListenerError("Cannot open it")),
      close: () => Promise.resolve(),
    };
    await assert.rejects(server.replaceListener("tcp", unable), /^ListenerError: Cannot open it$/);
    assert.equal(server.listeners[0]!.address, address);
    await answers(await connected(server.listeners[0]!, "new"));
  });

  it("ids and addresses of others are not taken", { timeout }, async () => {
    await using server = await served({}, tcp("127.0.0.1:0"), new MemoryListener());
    const [first, memory] = server.listeners;
    await assert.rejects(
      server.replaceListener("tcp", new MemoryListener({ id: "memory" })),
      /with that id already$/,
    );
    const at = new TcpListener({ id: "memory", address: first!.address });
    await assert.rejects(server.replaceListener(memory!, at), /"tcp" listens at ".*" already$/);
    await assert.rejects(
      server.replaceListener("none", at),
      /^ListenerError: Cannot replace listener "none": it is not there$/,
    );
    await assert.rejects(server.replaceListener("tcp", first!), /by itself$/);
    assert.equal(await server.replaceListener("memory", new MemoryListener()), "reopened");
  });

  it("two changes of one at a time are refused", { timeout }, async () => {
    await using server = await served({}, tcp("127.0.0.1:0"));
    const { address } = server.listeners[0]!;
    const first = server.replaceListener("tcp", tcp("[::1]:0"));
    await assert.rejects(server.replaceListener("tcp", tcp(address)), /it is being changed already$/);
    await assert.rejects(server.removeListener("tcp"), /it is being changed already$/);
    assert.equal(await first, "moved");
  });
});

describe("server: what changes in place, kind by kind", () => {
  it("ws: paths, for connections from then on", { timeout }, async () => {
    const ws = (address: string, path: string | string[]): WebSocketListener =>
      new WebSocketListener({ id: "ws", address, path });
    await using server = await served({}, ws("127.0.0.1:0", "/one"));
    const { address } = server.listeners[0]!;
    const status = async (path: string): Promise<number> => (await fetch(`http://${address}${path}`)).status;
    // (426: it is the path, and no WebSocket.)
    assert.deepEqual([await status("/one"), await status("/two"), await status("/two?a")], [426, 404, 404]);
    assert.equal(await server.replaceListener("ws", ws(address, ["/two", "/three"])), "kept");
    assert.deepEqual(
      [await status("/one"), await status("/two?a"), await status("/three"), await status("/threee")],
      [404, 426, 426, 404],
    );
    assert.throws(
      () => ws(address, "two"),
      /^ListenerError: Invalid path "two" of listener "ws": expected one that begins/,
    );
    assert.throws(() => ws(address, []), ListenerError);
  });

  it("http: the handler, and whose word about the client is taken", { timeout }, async () => {
    const http = (address: string, text: string, more: object = {}): HttpListener =>
      new HttpListener({
        id: "http",
        address,
        handler: (_, from) => new Response(`${text} ${from}`),
        ...more,
      });
    await using server = await served({}, http("127.0.0.1:0", "one"));
    const { address } = server.listeners[0]!;
    const fetched = async (): Promise<string> =>
      await (await fetch(`http://${address}/`, { headers: { "x-forwarded-for": "192.0.2.7" } })).text();
    assert.match(await fetched(), /^one 127\.0\.0\.1:\d+$/);
    const next = http(address, "two", { trustedProxies: ["127.0.0.0/8"] });
    assert.equal(await server.replaceListener("http", next), "kept");
    assert.equal(await fetched(), "two 192.0.2.7:0");
  });

  it("unix: the permissions", { timeout }, async () => {
    const path = join(temporaryFolder(), "socket");
    const unix = (mode?: number): UnixListener =>
      new UnixListener({ id: "unix", path, ...(mode === undefined ? {} : { mode }) });
    await using server = await served({}, unix(0o600));
    assert.equal(await server.replaceListener("unix", unix(0o660)), "kept");
    assert.equal(statSync(path).mode & 0o777, 0o660);
    assert.equal(await server.replaceListener("unix", unix()), "reopened");
  });
});
